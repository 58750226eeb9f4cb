#define _GNU_SOURCE
#include "CSockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(struct sockaddr_in6) <= sizeof(((csockets_address *)0)->bytes), "too small");

// MARK: Addresses

static bool keep(const struct sockaddr *source, socklen_t length, csockets_address *address) {
  if (length > sizeof address->bytes) return false;
  memset(address, 0, sizeof *address);
  memcpy(address->bytes, source, length);
  address->length = length;
  return true;
}

bool csockets_address_make(const uint8_t *bytes, size_t count, uint16_t port, csockets_address *address) {
  struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (count == sizeof v4.sin_addr) {
    memcpy(&v4.sin_addr, bytes, count);
    return keep((struct sockaddr *)&v4, sizeof v4, address);
  }
  if (count != sizeof v6.sin6_addr) return false;
  memcpy(&v6.sin6_addr, bytes, count);
  return keep((struct sockaddr *)&v6, sizeof v6, address);
}

static bool look_up(
    const char *host, uint16_t port, int flags, uint32_t index, csockets_address *address) {
  char service[6];
  snprintf(service, sizeof service, "%u", port);
  struct addrinfo hints = {
      .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  if (getaddrinfo(host, service, &hints, &found) != 0) return false;
  struct addrinfo *entry = found;
  for (; entry != NULL && index > 0; index--) entry = entry->ai_next;
  bool result = entry != NULL && keep(entry->ai_addr, entry->ai_addrlen, address);
  freeaddrinfo(found);
  return result;
}

bool csockets_address_parse(const char *host, uint16_t port, csockets_address *address) {
  return look_up(host, port, AI_NUMERICHOST, 0, address);
}

bool csockets_address_resolve(
    const char *host, uint16_t port, uint32_t index, csockets_address *address) {
  return look_up(host, port, 0, index, address);
}

// The bytes are a copy of a sockaddr; this copies back, so that nothing is read through a wrong type.
static struct sockaddr_storage storage(const csockets_address *address) {
  struct sockaddr_storage result = {0};
  memcpy(&result, address->bytes, address->length);
  return result;
}

uint16_t csockets_address_port(const csockets_address *address) {
  struct sockaddr_storage generic = storage(address);
  // The port stands at the same place in both families.
  return ntohs(((struct sockaddr_in *)&generic)->sin_port);
}

bool csockets_address_is_loopback(const csockets_address *address) {
  struct sockaddr_storage generic = storage(address);
  if (generic.ss_family == AF_INET) {
    return ntohl(((struct sockaddr_in *)&generic)->sin_addr.s_addr) >> 24 == 127;
  }
  return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&generic)->sin6_addr);
}

void csockets_address_text(const csockets_address *address, char *text, size_t capacity) {
  struct sockaddr_storage generic = storage(address);
  char host[INET6_ADDRSTRLEN] = "?";
  if (generic.ss_family == AF_INET) {
    inet_ntop(AF_INET, &((struct sockaddr_in *)&generic)->sin_addr, host, sizeof host);
    snprintf(text, capacity, "%s:%u", host, csockets_address_port(address));
  } else {
    inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&generic)->sin6_addr, host, sizeof host);
    snprintf(text, capacity, "[%s]:%u", host, csockets_address_port(address));
  }
}

bool csockets_local_address(int32_t descriptor, csockets_address *address) {
  struct sockaddr_storage generic;
  socklen_t length = sizeof generic;
  return getsockname(descriptor, (struct sockaddr *)&generic, &length) == 0 &&
         keep((struct sockaddr *)&generic, length, address);
}

bool csockets_peer_address(int32_t descriptor, csockets_address *address) {
  struct sockaddr_storage generic;
  socklen_t length = sizeof generic;
  return getpeername(descriptor, (struct sockaddr *)&generic, &length) == 0 &&
         keep((struct sockaddr *)&generic, length, address);
}

// MARK: Sockets

static int32_t fail(int descriptor, int32_t *reason) {
  *reason = errno;
  if (descriptor >= 0) close(descriptor);
  return CSOCKETS_FAILED;
}

int32_t csockets_listen(const csockets_address *address, int32_t backlog, int32_t *reason) {
  struct sockaddr_storage generic = storage(address);
  int descriptor = socket(generic.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return fail(descriptor, reason);
  int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (generic.ss_family == AF_INET6) {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  }
  if (bind(descriptor, (struct sockaddr *)&generic, address->length) != 0 ||
      listen(descriptor, backlog) != 0) {
    return fail(descriptor, reason);
  }
  return descriptor;
}

static void send_at_once(int descriptor) {
  int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static bool is_temporary(int reason) {
  return reason == EAGAIN || reason == EWOULDBLOCK || reason == EINTR;
}

int32_t csockets_accept(int32_t listener) {
  int descriptor = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) {
    send_at_once(descriptor);
    return descriptor;
  }
  return is_temporary(errno) || errno == ECONNABORTED ? CSOCKETS_WOULD_BLOCK : CSOCKETS_FAILED;
}

int32_t csockets_connect(const csockets_address *address, int32_t *reason) {
  struct sockaddr_storage generic = storage(address);
  int descriptor = socket(generic.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return fail(descriptor, reason);
  send_at_once(descriptor);
  if (connect(descriptor, (struct sockaddr *)&generic, address->length) != 0 &&
      errno != EINPROGRESS) {
    return fail(descriptor, reason);
  }
  return descriptor;
}

int32_t csockets_receive(int32_t descriptor, uint8_t *bytes, size_t count) {
  ssize_t result = recv(descriptor, bytes, count, 0);
  if (result >= 0) return (int32_t)result;
  // ENOTCONN: the connection is still being set up.
  return is_temporary(errno) || errno == ENOTCONN ? CSOCKETS_WOULD_BLOCK : CSOCKETS_FAILED;
}

int32_t csockets_send(int32_t descriptor, const uint8_t *bytes, size_t count) {
  ssize_t result = send(descriptor, bytes, count, MSG_NOSIGNAL);
  if (result >= 0) return (int32_t)result;
  return is_temporary(errno) || errno == ENOTCONN ? CSOCKETS_WOULD_BLOCK : CSOCKETS_FAILED;
}

void csockets_finish_writing(int32_t descriptor) { shutdown(descriptor, SHUT_WR); }

void csockets_close(int32_t descriptor) { close(descriptor); }

int32_t csockets_error(int32_t descriptor) {
  int reason = 0;
  socklen_t length = sizeof reason;
  getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &length);
  return reason;
}

const char *csockets_error_text(int32_t reason) { return strerror(reason); }

// MARK: Waiting

int32_t csockets_poller_create(void) {
  int poller = epoll_create1(EPOLL_CLOEXEC);
  return poller >= 0 ? poller : CSOCKETS_FAILED;
}

bool csockets_poller_add(int32_t poller, int32_t descriptor) {
  struct epoll_event event = {
      .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = descriptor};
  return epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

// In nanoseconds: how long it looks before it sleeps, and the longest sleep that was not worth it.
enum { LONGEST_LOOK = 40000, SHORT_SLEEP = 60000 };

static int64_t now_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int look(int32_t poller, struct epoll_event *events, int32_t capacity) {
  int64_t start = now_nanoseconds();
  do {
    for (int i = 0; i < 8; i++) {
      int count = epoll_wait(poller, events, capacity, 0);
      if (count != 0) return count;
    }
    // Whoever else wants the processor gets it.
    sched_yield();
  } while (now_nanoseconds() - start < LONGEST_LOOK);
  return 0;
}

int32_t csockets_poller_wait(
    int32_t poller, int32_t milliseconds, bool *is_brisk, csockets_change *changes, int32_t capacity) {
  struct epoll_event events[64];
  if (capacity > 64) capacity = 64;
  int count = *is_brisk && milliseconds != 0 ? look(poller, events, capacity) : 0;
  if (count == 0) {
    int64_t start = now_nanoseconds();
    count = epoll_wait(poller, events, capacity, milliseconds);
    *is_brisk = count > 0 && now_nanoseconds() - start < SHORT_SLEEP;
  }
  for (int index = 0; index < count; index++) {
    uint32_t mask = events[index].events;
    changes[index] = (csockets_change){
        .descriptor = events[index].data.fd,
        .readable = (mask & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
        .writable = (mask & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
        .ended = (mask & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
    };
  }
  return count > 0 ? count : 0;
}

int32_t csockets_stop_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0) return CSOCKETS_FAILED;
  int descriptor = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  return descriptor >= 0 ? descriptor : CSOCKETS_FAILED;
}

int32_t csockets_take_signal(int32_t descriptor) {
  struct signalfd_siginfo information;
  ssize_t count = read(descriptor, &information, sizeof information);
  return count == sizeof information ? (int32_t)information.ssi_signo : 0;
}

// MARK: Time and randomness

uint32_t csockets_now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint32_t)((uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000);
}

uint32_t csockets_unix_time(void) {
  struct timespec time;
  // A date before 1970 or after 2106 is none.
  if (clock_gettime(CLOCK_REALTIME, &time) != 0 || time.tv_sec < 0 || time.tv_sec > UINT32_MAX) return 0;
  return (uint32_t)time.tv_sec;
}

bool csockets_random(uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t got = getrandom(bytes, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes += got;
    count -= (size_t)got;
  }
  return true;
}

int32_t csockets_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return limit.rlim_cur > 1048576 ? 1048576 : (int32_t)limit.rlim_cur;
}
