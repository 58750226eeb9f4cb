// What download and upload have in common: one connection of CoAP over TCP, whose messages they write and read themselves,
// and the server's processor time. PROGRAM is their name.
#pragma once
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../processor_time.h"

enum { CSM = 0xe1, URI_PATH = 11, BLOCK2 = 23, BLOCK1 = 27, BERT = 7 };

// The CSM takes 16,640 bytes: 16 blocks and their options.
static const unsigned char capabilities[] = {0x40, CSM, 0x22, 0x41, 0x00, 0x20};
static unsigned char input[1 << 16];
static size_t input_count;
static int connection;

static _Noreturn void die(const char *message) {
  fprintf(stderr, "%s: %s\n", PROGRAM, message);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// The time that the server's process has run, in seconds.
static double server_time(const char *process) {
  uint64_t nanoseconds;
  if (!read_processor_time(process, &nanoseconds)) die("the server's process is gone");
  return (double)nanoseconds / 1e9;
}

static void send_all(const unsigned char *bytes, size_t count) {
  if (send(connection, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) die("the server does not take a request");
}

// One message as it came.
struct message {
  int code;
  long block;  // the value of Block1 or Block2, -1 without one
  size_t payload, size;
};

// The extended form of a nibble: 13 and 14 (RFC 7252 section 3.1).
static size_t extended(unsigned nibble, const unsigned char *bytes, size_t *place) {
  if (nibble < 13) return nibble;
  if (nibble == 13) return 13 + (size_t)bytes[(*place)++];
  size_t value = 269 + ((size_t)bytes[*place] << 8 | bytes[*place + 1]);
  *place += 2;
  return value;
}

// Waits until a message is there.
static struct message receive(void) {
  for (;;) {
    size_t place = 1;
    if (input_count >= 4 || (input_count >= 2 && input[0] >> 4 < 13)) {
      if (input[0] >> 4 == 15) die("a message of more than 64 KiB");
      size_t length = extended(input[0] >> 4, input, &place);
      size_t token = input[0] & 15, end = place + 1 + token + length;
      if (input_count >= end) {
        struct message message = {.code = input[place], .block = -1, .size = end};
        unsigned number = 0;
        place += 1 + token;
        while (place < end && input[place] != 0xff) {
          unsigned char head = input[place++];
          number += (unsigned)extended(head >> 4, input, &place);
          size_t count = extended(head & 15, input, &place);
          if (number == BLOCK1 || number == BLOCK2) {
            message.block = 0;
            for (size_t index = 0; index < count; index++) message.block = message.block << 8 | input[place + index];
          }
          place += count;
        }
        message.payload = place < end ? end - place - 1 : 0;
        return message;
      }
    }
    ssize_t count = recv(connection, input + input_count, sizeof input - input_count, 0);
    if (count <= 0) die("the server has ended the connection");
    input_count += (size_t)count;
  }
}

static void consume(struct message message) {
  input_count -= message.size;
  memmove(input, input + message.size, input_count);
}

// Sends a message with a token of one byte; what is behind the token follows here.
static void send_message(int code, const unsigned char *rest, size_t count) {
  unsigned char head[8];
  size_t place = 1;
  if (count < 13) {
    head[0] = (unsigned char)(count << 4 | 1);
  } else if (count < 269) {
    head[0] = 13 << 4 | 1;
    head[place++] = (unsigned char)(count - 13);
  } else {
    head[0] = 14 << 4 | 1;
    head[place++] = (unsigned char)((count - 269) >> 8);
    head[place++] = (unsigned char)(count - 269);
  }
  head[place++] = (unsigned char)code;
  head[place++] = 't';
  static unsigned char whole[1 << 16];
  if (place + count > sizeof whole || count >= 65805) die("too large a message");
  memcpy(whole, head, place);
  memcpy(whole + place, rest, count);
  send_all(whole, place + count);
}

// Writes Uri-Path and a block option of three bytes; returns how many bytes they take.
static size_t write_options(unsigned char *bytes, const char *path, int option, size_t number, bool is_more, unsigned szx) {
  size_t name = strlen(path), count = 0;
  if (name > 12) die("a path of at most 12 bytes is needed");
  bytes[count++] = (unsigned char)(URI_PATH << 4 | name);
  memcpy(bytes + count, path, name);
  count += name;
  unsigned long value = (unsigned long)number << 4 | (is_more ? 8 : 0) | szx;
  int delta = option - URI_PATH;
  if (delta < 13) {
    bytes[count++] = (unsigned char)(delta << 4 | 3);
  } else {
    bytes[count++] = 13 << 4 | 3;
    bytes[count++] = (unsigned char)(delta - 13);
  }
  bytes[count++] = (unsigned char)(value >> 16);
  bytes[count++] = (unsigned char)(value >> 8);
  bytes[count++] = (unsigned char)value;
  return count;
}

static void greet(const char *port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) die("nobody listens");
  send_all(capabilities, sizeof capabilities);
  struct message message = receive();
  if (message.code != CSM) die("the first message is no CSM");
  consume(message);
}
