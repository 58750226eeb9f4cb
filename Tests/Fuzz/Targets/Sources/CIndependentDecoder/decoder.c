#include "CIndependentDecoder.h"

// RFC 8323 section 3.2: Len and TKL nibbles, extended length, Code, extended token length (RFC 8974), token, and
// then what Len counts: options, marker, payload.

struct reader {
  const uint8_t *bytes;
  size_t at, end;
};

// Big-endian; nonzero when there are not so many bytes.
static int take_number(struct reader *reader, unsigned width, uint64_t *number) {
  if (reader->end - reader->at < width) return 1;
  uint64_t value = 0;
  for (unsigned i = 0; i < width; i++) value = value << 8 | reader->bytes[reader->at++];
  *number = value;
  return 0;
}

// The nibbles of options and tokens (RFC 7252 section 3.1, RFC 8974 section 2.1); 15 was refused before.
static int take_extended(struct reader *reader, unsigned nibble, uint64_t *number) {
  *number = nibble;
  if (nibble < 13) return 0;
  if (take_number(reader, nibble - 12, number)) return 1;
  *number += nibble == 13 ? 13 : 269;
  return 0;
}

static enum decoder_outcome read_options(struct reader reader, struct decoder_message *message) {
  uint64_t number = 0;
  message->payload_offset = reader.end;
  while (reader.at < reader.end) {
    uint8_t first = reader.bytes[reader.at++];
    if (first == 0xff) {
      if (reader.at == reader.end) return DECODER_EMPTY_PAYLOAD;
      message->payload_offset = reader.at;
      message->payload_length = reader.end - reader.at;
      return DECODER_MESSAGE;
    }
    uint64_t delta, length;
    if (first >> 4 == 15) return DECODER_BAD_DELTA;
    if (take_extended(&reader, first >> 4, &delta)) {
      return (first & 15) == 15 ? DECODER_BAD_LENGTH : DECODER_TRUNCATED_OPTION;
    }
    if ((first & 15) == 15) return DECODER_BAD_LENGTH;
    if (take_extended(&reader, first & 15, &length)) return DECODER_TRUNCATED_OPTION;
    number += delta;
    if (number > 65535) return DECODER_NUMBER_TOO_LARGE;
    if (length > reader.end - reader.at) return DECODER_TRUNCATED_OPTION;
    if (message->option_count < DECODER_OPTION_CAPACITY) {
      message->options[message->option_count] =
          (struct decoder_option){(uint32_t)number, reader.at, (size_t)length};
    }
    message->option_count++;
    reader.at += length;
  }
  return DECODER_MESSAGE;
}

enum decoder_outcome decoder_read(
    const uint8_t *bytes, size_t count, uint64_t largest_message, uint64_t largest_token,
    struct decoder_message *message) {
  message->size = 0;
  message->option_count = 0;
  message->payload_length = 0;
  if (count == 0) return DECODER_INCOMPLETE;
  struct reader reader = {bytes, 1, count};
  unsigned token_nibble = bytes[0] & 15, length_nibble = bytes[0] >> 4;
  if (token_nibble == 15 || (token_nibble > 8 && largest_token <= 8)) return DECODER_BAD_TOKEN_LENGTH;
  uint64_t length = length_nibble, code, token = token_nibble;
  if (length_nibble >= 13) {
    unsigned width = length_nibble == 15 ? 4 : length_nibble - 12;
    if (take_number(&reader, width, &length)) return DECODER_INCOMPLETE;
    length += length_nibble == 13 ? 13 : length_nibble == 14 ? 269 : 65805;
  }
  if (take_number(&reader, 1, &code)) return DECODER_INCOMPLETE;
  if (take_extended(&reader, token_nibble, &token)) return DECODER_INCOMPLETE;
  if (token > largest_token) return DECODER_BAD_TOKEN_LENGTH;
  message->size = reader.at + token + length;
  if (message->size > largest_message) return DECODER_TOO_LARGE;
  if (message->size > count) return DECODER_INCOMPLETE;
  message->code = (uint8_t)code;
  message->token_offset = reader.at;
  message->token_length = (size_t)token;
  // RFC 7252 section 4.1.
  if (code == 0 && (token > 0 || length > 0)) return DECODER_NOT_EMPTY;
  reader.at += token;
  reader.end = reader.at + length;
  return read_options(reader, message);
}

static struct decoder_message place;

struct decoder_message *decoder_place(void) { return &place; }

struct decoder_option decoder_place_option(size_t index) {
  if (index >= DECODER_OPTION_CAPACITY) return (struct decoder_option){0, 0, 0};
  return place.options[index];
}
