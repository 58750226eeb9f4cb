// The least that can answer: takes messages apart by their length alone, and answers each one that has a token with the
// same 2.05 of a few bytes. No options, no rules, no resources. What a server of CoAP costs beyond that is its own.
//
//   echo        prints the port that it listens on

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 1024, INPUT = 65536 };

static uint8_t *inputs[CONNECTIONS];
static size_t counts[CONNECTIONS];

static void serve(int descriptor) {
  static uint8_t output[2 * INPUT];
  uint8_t *input = inputs[descriptor];
  ssize_t result = read(descriptor, input + counts[descriptor], INPUT - counts[descriptor]);
  if (result <= 0) {
    if (result < 0 && errno == EAGAIN) return;
    close(descriptor);
    return;
  }
  counts[descriptor] += (size_t)result;
  size_t at = 0, length = 0;
  while (counts[descriptor] - at >= 2) {
    const uint8_t *message = input + at;
    size_t body = message[0] >> 4, header = 2, token = message[0] & 15;
    if (body == 13) {
      body = message[1] + 13u;
      header = 3;
    }
    if (counts[descriptor] - at < header + token + body) break;
    if (token > 0) {
      // Content-Format 0, and four bytes.
      static const uint8_t content[] = {0xc0, 0xff, '2', '1', '.', '5'};
      output[length++] = (uint8_t)(sizeof content << 4 | token);
      output[length++] = 0x45;
      memcpy(output + length, message + header, token);
      memcpy(output + length + token, content, sizeof content);
      length += token + sizeof content;
    }
    at += header + token + body;
  }
  memmove(input, input + at, counts[descriptor] - at);
  counts[descriptor] -= at;
  for (size_t sent = 0; sent < length;) {
    ssize_t taken = write(descriptor, output + sent, length - sent);
    if (taken < 0 && errno != EAGAIN) return;
    if (taken > 0) sent += (size_t)taken;
  }
}

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0), epoll = epoll_create1(0), one = 1;
  if (bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 128) != 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[64];
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int ready = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd != listener) {
        serve(events[i].data.fd);
        continue;
      }
      int descriptor = accept(listener, NULL, NULL);
      if (descriptor < 0 || descriptor >= CONNECTIONS) continue;
      fcntl(descriptor, F_SETFL, O_NONBLOCK);
      setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (inputs[descriptor] == NULL) inputs[descriptor] = malloc(INPUT);
      counts[descriptor] = 0;
      event = (struct epoll_event){.events = EPOLLIN, .data.fd = descriptor};
      epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
      static const uint8_t csm[] = {0x00, 0xe1};
      if (write(descriptor, csm, sizeof csm) < 0) close(descriptor);
    }
  }
}
