// Downloads a resource over CoAP over TCP block by block, one request at a time, again and again.
//
//   download PORT PATH SZX BYTES SECONDS PROCESS
//
//   PORT     of the server on 127.0.0.1
//   PATH     of the resource, one segment
//   SZX      the size of the blocks that are asked for: 0 to 6, 7 for BERT
//   BYTES    how many it has; another number ends the program, as every other thing that is not as it should be
//   SECONDS  how long to go on; the download that has begun is finished
//   PROCESS  the server's id
//
// Prints bytes, requests, seconds by the clock, and seconds that the server's process has run.
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

enum { GET = 0x01, CONTENT = 0x45, CSM = 0xe1, URI_PATH = 11, BLOCK2 = 23, BERT = 7 };

// The CSM takes 16,640 bytes: 16 blocks and their options.
static const unsigned char capabilities[] = {0x40, CSM, 0x22, 0x41, 0x00, 0x20};
static unsigned char input[1 << 16];
static size_t input_count;
static int connection;

static _Noreturn void die(const char *message) {
  fprintf(stderr, "download: %s\n", message);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// The time that a process has run, in user mode and in the kernel, in seconds.
static double processor_time(const char *process) {
  char path[64];
  unsigned long long nanoseconds;
  snprintf(path, sizeof path, "/proc/%s/schedstat", process);
  FILE *file = fopen(path, "r");
  if (file == NULL || fscanf(file, "%llu", &nanoseconds) != 1) die("the server's process is gone");
  fclose(file);
  return (double)nanoseconds / 1e9;
}

static void send_all(const unsigned char *bytes, size_t count) {
  if (send(connection, bytes, count, MSG_NOSIGNAL) != (ssize_t)count) die("the server does not take a request");
}

// One message as it came.
struct message {
  int code;
  long block;  // the value of Block2, -1 without one
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
    if (input_count >= 5) {
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
          if (number == BLOCK2) {
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

static void ask(const char *path, size_t number, unsigned szx) {
  unsigned char request[64] = {0, GET, 't'};
  size_t count = 3, name = strlen(path);
  if (name > 12) die("a path of at most 12 bytes is needed");
  request[count++] = (unsigned char)(URI_PATH << 4 | name);
  memcpy(request + count, path, name);
  count += name;
  unsigned long value = (unsigned long)number << 4 | szx;
  request[count++] = (unsigned char)((BLOCK2 - URI_PATH) << 4 | 3);
  request[count++] = (unsigned char)(value >> 16);
  request[count++] = (unsigned char)(value >> 8);
  request[count++] = (unsigned char)value;
  size_t length = count - 3;
  if (length < 13) {
    request[0] = (unsigned char)(length << 4 | 1);
    send_all(request, count);
  } else {
    unsigned char whole[65] = {13 << 4 | 1, (unsigned char)(length - 13)};
    memcpy(whole + 2, request + 1, count - 1);
    send_all(whole, count + 1);
  }
}

int main(int argc, char **argv) {
  if (argc != 7) die("PORT PATH SZX BYTES SECONDS PROCESS");
  const char *path = argv[2];
  unsigned szx = (unsigned)atoi(argv[3]);
  size_t expected = (size_t)atol(argv[4]), bytes = 0, requests = 0;
  double limit = atof(argv[5]);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) die("nobody listens");
  send_all(capabilities, sizeof capabilities);
  struct message message = receive();
  if (message.code != CSM) die("the first message is no CSM");
  consume(message);

  size_t unit = (size_t)1 << (szx == BERT ? 10 : szx + 4);
  double begin = now(), processor = processor_time(argv[6]);
  do {
    bool is_more = true;
    for (size_t offset = 0; is_more; requests++) {
      ask(path, offset / unit, szx);
      message = receive();
      if (message.code != CONTENT || message.block < 0) die("no block");
      if ((size_t)(message.block >> 4) * unit != offset) die("another block than the one that was asked for");
      if ((unsigned)(message.block & 7) != szx) die("blocks of another size");
      offset += message.payload;
      bytes += message.payload;
      is_more = message.block & 8;
      if (!is_more && offset != expected) die("the resource has another size");
      consume(message);
    }
  } while (now() - begin < limit);
  printf("%zu %zu %.6f %.6f\n", bytes, requests, now() - begin, processor_time(argv[6]) - processor);
}
