// Berkeley sockets, epoll, the clocks and the random generator of Linux for Swift: wrappers for
// what Embedded Swift cannot import (variadic functions, macros, unions). No state, no policy.
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

/// Makes an address of four or sixteen bytes, in the order in which they are written. False for another number of them.
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

/// A non-blocking socket with TCP_NODELAY, CSOCKETS_WOULD_BLOCK or CSOCKETS_FAILED.
int32_t csockets_accept(int32_t listener);
/// Starts to connect without blocking; a descriptor or CSOCKETS_FAILED with errno in `reason`.
int32_t csockets_connect(const csockets_address *address, int32_t *reason);
/// 0 at the end of the stream.
int32_t csockets_receive(int32_t descriptor, uint8_t *bytes, size_t count);
int32_t csockets_send(int32_t descriptor, const uint8_t *bytes, size_t count);
void csockets_finish_writing(int32_t descriptor);
void csockets_close(int32_t descriptor);
/// The pending error of a socket as errno, 0 for none.
int32_t csockets_error(int32_t descriptor);
const char *csockets_error_text(int32_t reason);

/// An epoll set, or CSOCKETS_FAILED.
int32_t csockets_poller_create(void);
/// Adds a descriptor, edge-triggered for both directions.
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
int32_t csockets_poller_wait(
    int32_t poller, int32_t milliseconds, csockets_change *changes, int32_t capacity);

/// Blocks SIGINT and SIGTERM and makes a descriptor that becomes readable when one of them comes.
int32_t csockets_stop_signals(void);
/// The number of the next such signal, 0 for none.
int32_t csockets_take_signal(int32_t descriptor);

/// Milliseconds of the monotonic clock, wrapped to 32 bits.
uint32_t csockets_now(void);
/// Seconds since the beginning of 1970 UTC, 0 when the date is not known.
uint32_t csockets_unix_time(void);
bool csockets_random(uint8_t *bytes, size_t count);
/// How many descriptors this process may have.
int32_t csockets_descriptor_limit(void);
