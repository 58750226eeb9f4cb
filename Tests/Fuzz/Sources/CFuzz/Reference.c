#include "CFuzz.h"

enum { FORM_8 = 13, FORM_16 = 14, FORM_32 = 15, MARKER = 0xff };

static uint64_t big_endian(const uint8_t *bytes, int width) {
  uint64_t value = 0;
  for (int i = 0; i < width; i++) value = value << 8 | bytes[i];
  return value;
}

// RFC 7252 section 3.1: what a nibble and its extension say; -1 for the reserved nibble, -2 when bytes are missing.
static int64_t extended(unsigned nibble, const uint8_t *bytes, size_t count, size_t *used) {
  int width = nibble == FORM_8 ? 1 : nibble == FORM_16 ? 2 : 0;
  if (nibble == 15) return -1;
  if (count - *used < (size_t)width) return -2;
  uint64_t value = big_endian(bytes + *used, width);
  *used += width;
  return nibble == FORM_8 ? value + 13 : nibble == FORM_16 ? value + 269 : nibble;
}

static enum reference_result decode_body(
    const uint8_t *bytes, size_t at, size_t end, struct reference_message *message) {
  uint32_t number = 0;
  message->option_count = 0;
  message->payload_offset = (uint32_t)end;
  message->payload_length = 0;
  while (at < end) {
    if (bytes[at] == MARKER) {
      if (at + 1 == end) return REFERENCE_BAD_MARKER;
      message->payload_offset = (uint32_t)(at + 1);
      message->payload_length = (uint32_t)(end - at - 1);
      return REFERENCE_COMPLETE;
    }
    unsigned head = bytes[at++];
    size_t used = 0;
    int64_t delta = extended(head >> 4, bytes + at, end - at, &used);
    if (delta < 0) return REFERENCE_BAD_OPTION;
    int64_t length = extended(head & 15, bytes + at, end - at, &used);
    if (length < 0) return REFERENCE_BAD_OPTION;
    at += used;
    if ((uint64_t)length > end - at) return REFERENCE_BAD_OPTION;
    if (number + delta > 65535) return REFERENCE_BAD_OPTION;
    number += (uint32_t)delta;
    if (message->option_count < REFERENCE_OPTIONS) {
      message->options[message->option_count] =
          (struct reference_option){(uint16_t)number, (uint32_t)at, (uint32_t)length};
    }
    message->option_count++;
    at += (size_t)length;
  }
  return REFERENCE_COMPLETE;
}

enum reference_result reference_decode(
    const uint8_t *bytes, size_t count, uint32_t longest_token, struct reference_message *message) {
  if (count == 0) return REFERENCE_INCOMPLETE;
  unsigned length_nibble = bytes[0] >> 4, token_nibble = bytes[0] & 15;

  // Lengths of tokens above 8 exist only where more than 8 was announced.
  if (token_nibble == 15) return REFERENCE_BAD_TOKEN_LENGTH;
  if (token_nibble > 8 && longest_token <= 8) return REFERENCE_BAD_TOKEN_LENGTH;
  if (token_nibble <= 12 && token_nibble > longest_token) return REFERENCE_BAD_TOKEN_LENGTH;

  int length_width = length_nibble == FORM_8 ? 1 : length_nibble == FORM_16 ? 2 : length_nibble == FORM_32 ? 4 : 0;
  int token_width = token_nibble == FORM_8 ? 1 : token_nibble == FORM_16 ? 2 : 0;
  size_t header = 1 + (size_t)length_width + 1 + (size_t)token_width;
  if (count < header) return REFERENCE_INCOMPLETE;

  uint64_t body = big_endian(bytes + 1, length_width);
  body = length_nibble == FORM_8 ? body + 13
       : length_nibble == FORM_16 ? body + 269
       : length_nibble == FORM_32 ? body + 65805 : length_nibble;
  uint64_t token = big_endian(bytes + header - token_width, token_width);
  token = token_nibble == FORM_8 ? token + 13 : token_nibble == FORM_16 ? token + 269 : token_nibble;
  if (token > longest_token) return REFERENCE_BAD_TOKEN_LENGTH;

  message->code = bytes[1 + length_width];
  message->size = header + token + body;
  message->token_offset = (uint32_t)header;
  message->token_length = (uint32_t)token;
  if (message->size > count) return REFERENCE_INCOMPLETE;
  if (message->code == 0 && (token > 0 || body > 0)) return REFERENCE_BAD_EMPTY;
  return decode_body(bytes, header + (size_t)token, (size_t)message->size, message);
}
