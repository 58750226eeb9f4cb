// Asks a server of CoAP over TCP, in one thread, and prints: requests a second, and the median and the 99th hundredth
// of the latency in microseconds, and the nanoseconds that the server's process has run for a request.
//
//   requests PORT CONNECTIONS WINDOW MILLISECONDS PATH PROCESS [IDLE]
//
//   WINDOW   requests under way on each connection; an answer is followed by the next request
//   PROCESS  the server's id
//   IDLE     connections that are opened besides, greet, and say nothing more; they stay until standard input ends
//
// It does not sleep: a program that does is woken so late that this would be what is measured. Each answer has to carry the token of a request that is under way on its connection, and a code of class 2.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../processor_time.h"

enum { LARGEST_WINDOW = 64, INPUT = 65536, SAMPLES = 1 << 21 };

struct connection {
  int socket;
  // By the token's second byte: when it was asked, zero for not under way.
  uint64_t asked[256];
  uint8_t next;
  size_t input_count;
  uint8_t input[INPUT];
};

static uint8_t request[300];
static size_t request_count, token_at;
static uint32_t samples[SAMPLES];
static size_t sample_count;

static void die(const char *why) {
  fprintf(stderr, "requests: %s", why);
  if (errno != 0) fprintf(stderr, " (%s)", strerror(errno));
  fputc('\n', stderr);
  exit(1);
}

static uint64_t server_time(const char *process) {
  uint64_t nanoseconds;
  if (!read_processor_time(process, &nanoseconds)) die("the server's process is gone");
  return nanoseconds;
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// GET with a token of two bytes and the segments of a path.
static void make_request(const char *path) {
  uint8_t options[256];
  size_t count = 0;
  char copy[200];
  snprintf(copy, sizeof copy, "%s", path);
  for (char *segment = strtok(copy, "/"); segment != NULL; segment = strtok(NULL, "/")) {
    size_t length = strlen(segment);
    if (length > 12) die("a segment of the path has more than 12 bytes");
    options[count] = (uint8_t)((count == 0 ? 11 : 0) << 4 | length);
    memcpy(options + count + 1, segment, length);
    count += length + 1;
  }
  size_t at = 0;
  request[at++] = (uint8_t)((count < 13 ? count : 13) << 4 | 2);
  if (count >= 13) request[at++] = (uint8_t)(count - 13);
  request[at++] = 0x01;
  token_at = at;
  request[at] = 0x7a;
  at += 2;
  memcpy(request + at, options, count);
  request_count = at + count;
}

static int dial(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int one = 1, descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) die("cannot connect");
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  static const uint8_t csm[] = {0x50, 0xe1, 0x23, 0x01, 0x00, 0x00, 0x20};
  if (write(descriptor, csm, sizeof csm) != (ssize_t)sizeof csm) die("cannot write");
  return descriptor;
}

// Sends so many requests in one write.
static void ask(struct connection *connection, int count) {
  uint8_t bytes[LARGEST_WINDOW * sizeof request];
  size_t length = 0;
  uint64_t time = now();
  for (int i = 0; i < count; i++) {
    while (connection->asked[connection->next] != 0) connection->next++;
    memcpy(bytes + length, request, request_count);
    bytes[length + token_at + 1] = connection->next;
    connection->asked[connection->next++] = time;
    length += request_count;
  }
  for (size_t sent = 0; sent < length;) {
    ssize_t result = write(connection->socket, bytes + sent, length - sent);
    if (result < 0 && errno != EAGAIN) die("cannot write");
    if (result > 0) sent += (size_t)result;
  }
}

// Takes all whole messages; returns how many answers there were.
static int take(struct connection *connection) {
  int answers = 0;
  size_t at = 0;
  uint64_t time = now();
  while (connection->input_count - at >= 2) {
    const uint8_t *message = connection->input + at;
    size_t rest = connection->input_count - at, length = message[0] >> 4, header = 2;
    if (length == 13) {
      length = message[1] + 13u;
      header = 3;
    } else if (length == 14) {
      if (rest < 4) break;
      length = (size_t)(message[1] << 8 | message[2]) + 269;
      header = 4;
    } else if (length == 15) {
      die("an answer of more than 64 KiB");
    }
    size_t token = message[0] & 15, size = header + token + length;
    if (rest < size) break;
    uint8_t code = message[header - 1];
    if (code >> 5 != 7 && code != 0) {
      if (code >> 5 != 2) die("an answer of another class than 2");
      if (token != 2 || message[header] != 0x7a || connection->asked[message[header + 1]] == 0) die("another token");
      uint64_t *asked = &connection->asked[message[header + 1]];
      if (sample_count < SAMPLES) samples[sample_count++] = (uint32_t)((time - *asked) / 100);
      *asked = 0;
      answers++;
    }
    at += size;
  }
  memmove(connection->input, connection->input + at, connection->input_count - at);
  connection->input_count -= at;
  return answers;
}

static int compare(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return a < b ? -1 : a > b;
}

int main(int count, char **arguments) {
  if (count < 7) die("PORT CONNECTIONS WINDOW MILLISECONDS PATH PROCESS [IDLE]");
  int port = atoi(arguments[1]), connection_count = atoi(arguments[2]), window = atoi(arguments[3]);
  uint64_t span = (uint64_t)atoi(arguments[4]) * 1000000u;
  int idle = count > 7 ? atoi(arguments[7]) : 0;
  if (window < 1 || window > LARGEST_WINDOW || connection_count < 1) die("WINDOW is 1 to 64, CONNECTIONS 1 or more");
  make_request(arguments[5]);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  int epoll = epoll_create1(0);
  struct connection *connections = calloc((size_t)connection_count, sizeof *connections);
  for (int i = 0; i < idle; i++) dial(port);
  for (int i = 0; i < connection_count; i++) {
    connections[i].socket = dial(port);
    fcntl(connections[i].socket, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
    epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].socket, &event);
  }
  for (int i = 0; i < connection_count; i++) ask(&connections[i], window);
  uint64_t before = server_time(arguments[6]), begin = now(), end = begin + span, heard = begin;
  long done = 0;
  int under_way = connection_count * window;
  while (under_way > 0) {
    struct epoll_event events[64];
    int ready = epoll_wait(epoll, events, 64, 0);
    if (ready < 0) die("cannot wait");
    if (ready > 0) heard = now();
    if (now() - heard > 10000000000u) die("no answer for 10 s");
    for (int i = 0; i < ready; i++) {
      struct connection *connection = events[i].data.ptr;
      ssize_t result = read(connection->socket, connection->input + connection->input_count,
                            INPUT - connection->input_count);
      if (result == 0) die("the server has ended a connection");
      if (result < 0) {
        if (errno == EAGAIN) continue;
        die("cannot read");
      }
      connection->input_count += (size_t)result;
      int answers = take(connection);
      under_way -= answers;
      if (now() < end && answers > 0) {
        done += answers;
        ask(connection, answers);
        under_way += answers;
      }
    }
  }
  uint64_t spent = server_time(arguments[6]) - before;
  qsort(samples, sample_count, sizeof *samples, compare);
  printf("%.0f %.1f %.1f %.0f\n", (double)done / ((double)span / 1e9), samples[sample_count / 2] / 10.0,
         samples[sample_count - 1 - sample_count / 100] / 10.0, (double)spent / (double)(done > 0 ? done : 1));
  fflush(stdout);
  // Until the one who measures has looked.
  if (idle > 0) getchar();
  return 0;
}
