#define _GNU_SOURCE
#include "CIndependentDecoder.h"

#include <string.h>

// What may be sent: the tables of RFC 7252 section 5.10, 7641, 7959, 7967, 8132, 8323, 8768, 8974, 9175.

struct rule {
  uint16_t number, shortest, longest;
  int is_repeatable;
};

static const struct rule message_rules[] = {
    {1, 0, 8, 1},    {3, 1, 255, 0},   {4, 1, 8, 1},    {5, 0, 0, 0},  {6, 0, 3, 0},     {7, 0, 2, 0},
    {8, 0, 255, 1},  {11, 0, 255, 1},  {12, 0, 2, 0},   {14, 0, 4, 0}, {15, 0, 255, 1},  {16, 1, 1, 0},
    {17, 0, 2, 0},   {20, 0, 255, 1},  {23, 0, 3, 0},   {27, 0, 3, 0}, {28, 0, 4, 0},    {35, 1, 1034, 0},
    {39, 1, 255, 0}, {60, 0, 4, 0},    {252, 1, 40, 0}, {258, 0, 1, 0}, {292, 0, 8, 1},
};
static const struct rule csm_rules[] = {{2, 0, 4, 0}, {4, 0, 0, 0}, {6, 0, 3, 0}};
static const struct rule ping_rules[] = {{2, 0, 0, 0}};
static const struct rule release_rules[] = {{2, 1, 255, 1}, {4, 0, 3, 0}};
static const struct rule abort_rules[] = {{2, 0, 2, 0}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct rule *find(const struct rule *rules, size_t count, uint32_t number) {
  for (size_t i = 0; i < count; i++) {
    if (rules[i].number == number) return &rules[i];
  }
  return NULL;
}

static const char *check_options(
    const struct decoder_message *message, const uint8_t *bytes, const struct rule *rules, size_t rule_count) {
  uint32_t previous = 0;
  for (size_t i = 0; i < message->option_count && i < DECODER_OPTION_CAPACITY; i++) {
    const struct decoder_option *option = &message->options[i];
    const struct rule *rule = find(rules, rule_count, option->number);
    if (!rule) return "sends an option that nobody has defined";
    if (option->length < rule->shortest || option->length > rule->longest) return "sends an option of another length";
    if (option->number == previous && !rule->is_repeatable) return "repeats an option that may not be";
    // Block numbers: SZX 7 is BERT, which needs no more than these three bytes either.
    if ((option->number == 23 || option->number == 27) && option->length > 0 && bytes[option->offset] == 0) {
      return "sends an integer with leading zero bytes";
    }
    previous = option->number;
  }
  return NULL;
}

static const char *judge_message(
    struct output_judge *judge, const struct decoder_message *message, const uint8_t *bytes) {
  if (message->size > judge->largest_message) return "sends more than its peer takes";
  if (judge->count++ == 0 && message->code != 0xe1) return "does not begin with a CSM";
  if (judge->has_aborted) return "sends something behind its Abort";
  unsigned class = message->code >> 5, detail = message->code & 31;
  switch (class) {
    case 0:
      if (detail == 0 || detail > 7) return "sends a request that nobody has defined";
      if (!judge->may_ask) return "sends a request";
      if (judge->has_released) return "sends a request behind its Release";
      return check_options(message, bytes, message_rules, COUNT(message_rules));
    case 2:
    case 4:
    case 5:
      return check_options(message, bytes, message_rules, COUNT(message_rules));
    case 7:
      switch (detail) {
        case 1: return check_options(message, bytes, csm_rules, COUNT(csm_rules));
        case 2:
        case 3: return check_options(message, bytes, ping_rules, COUNT(ping_rules));
        case 4:
          judge->has_released = 1;
          return check_options(message, bytes, release_rules, COUNT(release_rules));
        case 5:
          judge->has_aborted = 1;
          return check_options(message, bytes, abort_rules, COUNT(abort_rules));
      }
  }
  return "sends a code that nobody has defined";
}

static _Thread_local struct decoder_message message;

const char *judge_stream(struct output_judge *judge, const uint8_t *bytes, size_t count, size_t *used) {
  *used = 0;
  while (*used < count) {
    switch (decoder_read(bytes + *used, count - *used, UINT64_MAX, 65804, &message)) {
      case DECODER_INCOMPLETE: return NULL;
      case DECODER_MESSAGE: break;
      default: return "sends what is no message";
    }
    const char *fault = judge_message(judge, &message, bytes + *used);
    if (fault) return fault;
    *used += message.size;
  }
  return NULL;
}

// RFC 8323 section 4.2: Len is 0, whatever the length. Turned into a message of a stream to be read.
static const char *judge_framed(struct output_judge *judge, const uint8_t *payload, size_t count) {
  static _Thread_local uint8_t stream[80000];
  if (count < 2) return "sends a WebSocket message that is too short";
  if (payload[0] >> 4 != 0) return "sends a Len other than 0 over WebSocket";
  unsigned nibble = payload[0] & 15;
  size_t token = nibble, head = 2;
  if (nibble == 15) return "sends what is no message";
  if (nibble >= 13) {
    head += nibble - 12;
    if (count < head) return "sends what is no message";
    token = nibble == 13 ? payload[2] + 13u : (payload[2] << 8 | payload[3]) + 269u;
  }
  if (count < head + token || count + 4 > sizeof stream) return "sends what is no message";
  size_t length = count - head - token, at = 1;
  if (length < 13) {
    stream[0] = (uint8_t)(length << 4 | nibble);
  } else if (length < 269) {
    stream[0] = (uint8_t)(13 << 4 | nibble);
    stream[at++] = (uint8_t)(length - 13);
  } else {
    stream[0] = (uint8_t)(14 << 4 | nibble);
    stream[at++] = (uint8_t)((length - 269) >> 8);
    stream[at++] = (uint8_t)(length - 269);
  }
  memcpy(stream + at, payload + 1, count - 1);
  if (decoder_read(stream, at + count - 1, UINT64_MAX, 65804, &message) != DECODER_MESSAGE) {
    return "sends what is no message";
  }
  message.size = count;
  return judge_message(judge, &message, stream);
}

const char *judge_frames(struct output_judge *judge, const uint8_t *bytes, size_t count, size_t *used) {
  static _Thread_local uint8_t payload[70000];
  *used = 0;
  while (count - *used >= 2) {
    const uint8_t *frame = bytes + *used;
    size_t left = count - *used, head = 2;
    uint64_t length = frame[1] & 127;
    unsigned opcode = frame[0] & 15, width = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (left < head + width) return NULL;
    if (width > 0) {
      length = 0;
      for (unsigned i = 0; i < width; i++) length = length << 8 | frame[head++];
      if (length < 126 || (width == 8 && length < 65536)) return "sends a length that is not in its shortest form";
    }
    int is_masked = frame[1] >> 7;
    if (is_masked != judge->is_client) return "masks as the other end has to";
    if (left < head + (is_masked ? 4 : 0)) return NULL;
    const uint8_t *mask = frame + head;
    if (is_masked) head += 4;
    if (length > sizeof payload) return "sends a frame that is too large";
    if (left < head + length) return NULL;
    for (size_t i = 0; i < length; i++) payload[i] = frame[head + i] ^ (is_masked ? mask[i % 4] : 0);
    if (judge->has_closed) return "sends something behind its Close";
    if (frame[0] & 0x70) return "sends reserved bits";
    if (!(frame[0] & 0x80)) return "sends fragments";
    const char *fault = NULL;
    switch (opcode) {
      case 2: fault = judge_framed(judge, payload, length); break;
      case 8:
        judge->has_closed = 1;
        if (length == 1) return "sends half a Close code";
        if (length >= 2) {
          unsigned code = payload[0] << 8 | payload[1];
          if (code < 1000 || code == 1004 || code == 1005 || code == 1006 || code == 1015 || code >= 5000) {
            return "sends a Close code that may not be sent";
          }
        }
        break;
      case 9:
      case 10: break;
      default: return "sends another opcode";
    }
    if (opcode >= 8 && length > 125) return "sends a control frame that is too large";
    if (fault) return fault;
    *used += head + length;
  }
  return NULL;
}

int bytes_occur(const uint8_t *bytes, size_t count, const uint8_t *part, size_t part_count) {
  return part_count == 0 || memmem(bytes, count, part, part_count) != NULL;
}
