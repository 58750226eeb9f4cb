// Berkeley sockets, waiting, the clocks and the random generator for Swift: wrappers for what Embedded Swift cannot import
// (variadic functions, macros, unions). No state, no policy.
//
// CSockets.c has these functions for Linux. A port to another system with sockets (Zephyr, NuttX, RIOT, ESP-IDF, FreeRTOS
// with lwIP's sockets) is another file with the same functions; PortSockets over it stays as it is, and the port check says
// whether they do what is wanted. These calls must exist, by these names or others:
//
//   connections     socket, bind, listen, accept, connect, recv, send, shutdown (SHUT_WR), close
//   non-blocking    fcntl with O_NONBLOCK, or ioctl with FIONBIO; accept4 and SOCK_NONBLOCK save a call
//   options         setsockopt: TCP_NODELAY, SO_REUSEADDR
//   waiting         poll, or select, or epoll: for several sockets at once, with a limit in milliseconds
//   byte order      htons, and a sockaddr_in (with IPv6: sockaddr_in6)
//   time            a counter of milliseconds, as clock_gettime with CLOCK_MONOTONIC
//   random bits     the generator for keys: getrandom, sys_csrand_get, esp_fill_random ...
//
// What they must do, beyond their names: a half-closed connection still receives; close goes on sending what send has
// taken; send raises no signal (MSG_NOSIGNAL, or a system without signals); a descriptor is a small number.
//
// Which functions a device needs is said at each group; the linker drops the others, so they need not exist there.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// An IPv4 or IPv6 address with its port; as large as any of them.
typedef struct {
  uint8_t bytes[28];
  uint32_t length;
} csockets_address;

/// Outcomes below zero; zero and above are counts or descriptors.
enum {
  CSOCKETS_WOULD_BLOCK = -1,
  CSOCKETS_FAILED = -2,
};

// Needed: csockets_address_make to dial, csockets_listen to listen. The others of this group look up names and show
// addresses to people.

/// Makes an address of four bytes (IPv4) or sixteen (IPv6), in the order in which they are written. False for another
/// number of them, or for a kind that the system does not have.
bool csockets_address_make(const uint8_t *bytes, size_t count, uint16_t port, csockets_address *address);
/// Reads a numeric address; `host` without brackets. False when it is none.
bool csockets_address_parse(const char *host, uint16_t port, csockets_address *address);
/// Looks a host name up, blocking. `index` counts its addresses. False when there are no more.
bool csockets_address_resolve(const char *host, uint16_t port, uint32_t index, csockets_address *address);
uint16_t csockets_address_port(const csockets_address *address);
/// Whether it is 127.0.0.0/8 or ::1.
bool csockets_address_is_loopback(const csockets_address *address);

/// A non-blocking listening socket, or CSOCKETS_FAILED with errno in `reason`.
int32_t csockets_listen(const csockets_address *address, int32_t backlog, int32_t *reason);
bool csockets_local_address(int32_t descriptor, csockets_address *address);
bool csockets_peer_address(int32_t descriptor, csockets_address *address);
/// Writes the numeric form (IPv6 in brackets, with the port) as a C string.
void csockets_address_text(const csockets_address *address, char *text, size_t capacity);

// Needed: these six. EAGAIN, EWOULDBLOCK, EINTR, and for a socket that is still connecting ENOTCONN and EINPROGRESS, are
// CSOCKETS_WOULD_BLOCK; every other error is CSOCKETS_FAILED. That connecting has failed is told by receive or send.

/// A non-blocking socket with TCP_NODELAY, CSOCKETS_WOULD_BLOCK or CSOCKETS_FAILED.
int32_t csockets_accept(int32_t listener);
/// Starts to connect without blocking; a descriptor or CSOCKETS_FAILED with errno in `reason`.
int32_t csockets_connect(const csockets_address *address, int32_t *reason);
/// 0 at the end of the stream.
int32_t csockets_receive(int32_t descriptor, uint8_t *bytes, size_t count);
int32_t csockets_send(int32_t descriptor, const uint8_t *bytes, size_t count);
void csockets_finish_writing(int32_t descriptor);
void csockets_close(int32_t descriptor);

// Not needed on a device: getsockopt with SO_ERROR, and texts.

/// The pending error of a socket as errno, 0 for none.
int32_t csockets_error(int32_t descriptor);
const char *csockets_error_text(int32_t reason);

// Needed: create, add and wait. A poller reports changes: "readable" once, and again only after csockets_receive or
// csockets_accept has emptied the socket, "writable" likewise. epoll does so by itself; over poll or select keep two flags
// for each descriptor, see Boards/README.md.

/// A poller, or CSOCKETS_FAILED.
int32_t csockets_poller_create(void);
/// Adds a descriptor, for both directions. Closing the descriptor takes it away.
bool csockets_poller_add(int32_t poller, int32_t descriptor);

/// What has changed about one descriptor.
typedef struct {
  int32_t descriptor;
  bool readable;
  bool writable;
  /// The peer has closed its side, or the connection is broken: reading tells.
  bool ended;
} csockets_change;

/// Waits for changes, at most `milliseconds` (-1: for ever). Returns how many, at most `capacity`.
///
/// While peers are brisk it looks again for a moment before it sleeps: falling asleep and being woken takes longer than
/// their next bytes. `is_brisk` says so of the wait before, and then of this one.
int32_t csockets_poller_wait(
    int32_t poller, int32_t milliseconds, bool *is_brisk, csockets_change *changes, int32_t capacity);

// Not needed on a device: signals.

/// Blocks SIGINT and SIGTERM and makes a descriptor that becomes readable when one of them comes.
int32_t csockets_stop_signals(void);
/// The number of the next such signal, 0 for none.
int32_t csockets_take_signal(int32_t descriptor);

// Needed: csockets_now, csockets_random; csockets_unix_time for certificates, else it returns 0.

/// Milliseconds of the monotonic clock, wrapped to 32 bits.
uint32_t csockets_now(void);
/// Seconds since the beginning of 1970 UTC, 0 when the date is not known.
uint32_t csockets_unix_time(void);
/// Fills `bytes` with bits that nobody can guess. False when there are none.
bool csockets_random(uint8_t *bytes, size_t count);

// Not needed on a device.

/// How many descriptors this process may have.
int32_t csockets_descriptor_limit(void);
