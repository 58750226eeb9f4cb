#include "messages.h"

#include <string.h>

// How many bytes of extended length follow the first byte.
static size_t extension(unsigned char first) {
  switch (first >> 4) {
    case 13: return 1;
    case 14: return 2;
    case 15: return 4;
    default: return 0;
  }
}

static size_t write_header(unsigned char *space, size_t length, size_t token_length) {
  if (length < 13) {
    space[0] = (unsigned char)(length << 4 | token_length);
    return 1;
  }
  if (length < 269) {
    space[0] = (unsigned char)(13 << 4 | token_length);
    space[1] = (unsigned char)(length - 13);
    return 2;
  }
  space[0] = (unsigned char)(14 << 4 | token_length);
  space[1] = (unsigned char)((length - 269) >> 8);
  space[2] = (unsigned char)(length - 269);
  return 3;
}

size_t write_capabilities(unsigned char *space) {
  // Option 2, Max-Message-Size, of 3 bytes.
  static const unsigned char message[] = {0x40, CODE_CSM, 0x23, 0x01, 0x00, 0x00};
  memcpy(space, message, sizeof message);
  return sizeof message;
}

size_t write_request(unsigned char *space, int code, unsigned char token, const char *path, size_t payload) {
  size_t name = strlen(path);
  // Option 11, Uri-Path: one segment.
  size_t option = (name < 13 ? 1 : 2) + name;
  size_t count = write_header(space, option + (payload > 0 ? 1 + payload : 0), 1);
  space[count++] = (unsigned char)code;
  space[count++] = token;
  space[count++] = (unsigned char)(11 << 4 | (name < 13 ? name : 13));
  if (name >= 13) space[count++] = (unsigned char)(name - 13);
  memcpy(space + count, path, name);
  count += name;
  if (payload > 0) {
    space[count++] = 0xff;
    memset(space + count, 'x', payload);
    count += payload;
  }
  return count;
}

size_t message_length(const unsigned char *bytes, size_t count) {
  if (count < 1 || count < 1 + extension(bytes[0])) return 0;
  size_t length = bytes[0] >> 4;
  switch (extension(bytes[0])) {
    case 1: length = 13 + (size_t)bytes[1]; break;
    case 2: length = 269 + ((size_t)bytes[1] << 8 | bytes[2]); break;
    case 4:
      length = 65805 + ((size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 | bytes[4]);
      break;
  }
  return 1 + extension(bytes[0]) + 1 + (bytes[0] & 15) + length;
}

int message_code(const unsigned char *bytes) { return bytes[1 + extension(bytes[0])]; }
