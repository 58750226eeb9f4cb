// lwIP 2.1 (raw API, no operating system) for Swift.
//
// The functions of lwIP itself are declared as lwIP declares them, with its structures left opaque, so that the Swift
// code over them compiles on a machine without lwIP. CLwIP.c sees both declarations: where they differ, it does not
// compile. toolchain/lib/lwip.sh compiles it, with lwIP, into the library that a firmware is linked with.

#ifndef CLWIP_H
#define CLWIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pbuf;
struct tcp_pcb;

typedef int8_t err_t;

enum {
  CLWIP_OK = 0,
  CLWIP_OUT_OF_MEMORY = -1,
  CLWIP_ABORTED = -13,
};

enum {
  /// A priority below that of every connection in use.
  CLWIP_LOWEST_PRIORITY = 1,
  /// What is given to tcp_write is copied.
  CLWIP_COPY = 1,
};

// lwIP's own functions, see lwip/tcp.h.

typedef err_t (*tcp_accept_fn)(void *argument, struct tcp_pcb *connection, err_t error);
typedef err_t (*tcp_recv_fn)(void *argument, struct tcp_pcb *connection, struct pbuf *data, err_t error);
typedef err_t (*tcp_sent_fn)(void *argument, struct tcp_pcb *connection, uint16_t count);
typedef err_t (*tcp_poll_fn)(void *argument, struct tcp_pcb *connection);
typedef err_t (*tcp_connected_fn)(void *argument, struct tcp_pcb *connection, err_t error);
typedef void (*tcp_err_fn)(void *argument, err_t error);

struct tcp_pcb *tcp_new(void);
void tcp_arg(struct tcp_pcb *connection, void *argument);
void tcp_accept(struct tcp_pcb *listener, tcp_accept_fn callback);
void tcp_recv(struct tcp_pcb *connection, tcp_recv_fn callback);
void tcp_sent(struct tcp_pcb *connection, tcp_sent_fn callback);
void tcp_poll(struct tcp_pcb *connection, tcp_poll_fn callback, uint8_t interval);
void tcp_err(struct tcp_pcb *connection, tcp_err_fn callback);
void tcp_recved(struct tcp_pcb *connection, uint16_t count);
void tcp_setprio(struct tcp_pcb *connection, uint8_t priority);
err_t tcp_write(struct tcp_pcb *connection, const void *bytes, uint16_t count, uint8_t flags);
err_t tcp_output(struct tcp_pcb *connection);
err_t tcp_shutdown(struct tcp_pcb *connection, int receiving, int sending);
err_t tcp_close(struct tcp_pcb *connection);
void tcp_abort(struct tcp_pcb *connection);
uint8_t pbuf_free(struct pbuf *data);
uint16_t pbuf_copy_partial(const struct pbuf *data, void *space, uint16_t count, uint16_t offset);

// What lwIP has as macros, or only inside its structures.

/// How many bytes tcp_write may be given now.
uint16_t clwip_send_space(const struct tcp_pcb *connection);
/// Sends small segments at once: CoAP has no use for Nagle's algorithm.
void clwip_send_promptly(struct tcp_pcb *connection);
uint16_t clwip_local_port(const struct tcp_pcb *connection);
/// How many bytes are in a chain of buffers.
uint16_t clwip_byte_count(const struct pbuf *data);
/// How many bytes a peer may send before they are read: TCP_WND of lwipopts.h.
uint16_t clwip_window(void);

/// Listens on a port of every address. NULL when there is no memory.
struct tcp_pcb *clwip_listen(uint16_t port, uint8_t backlog);
/// Begins to connect. Addresses are numbers, 10.0.2.2 is 0x0a000202.
err_t clwip_connect(struct tcp_pcb *connection, uint32_t address, uint16_t port, tcp_connected_fn connected);

// The machine underneath.

/// What a board's Ethernet driver and clock do. Nothing here waits for the other side.
typedef struct {
  /// Milliseconds that pass whatever happens; they wrap.
  uint32_t (*milliseconds)(void);
  /// The byte count of the next frame that has come, without its checksum; 0 when there is none.
  size_t (*begin_receive)(void);
  /// The next so many bytes of that frame.
  void (*receive)(uint8_t *bytes, size_t count);
  /// The frame is done with; what was not taken of it is dropped.
  void (*end_receive)(void);
  /// Begins a frame of so many bytes, without its checksum. False when there is no room for it now.
  bool (*begin_send)(size_t count);
  /// The next bytes of that frame.
  void (*send)(const uint8_t *bytes, size_t count);
  /// All bytes were given: the frame may go.
  void (*end_send)(void);
} clwip_machine;

/// An Internet address of this machine. Numbers as in clwip_connect.
typedef struct {
  uint32_t address;
  uint32_t mask;
  uint32_t gateway;
} clwip_address;

/// Starts lwIP, which exists once. `random` are random bits.
void clwip_start(const clwip_machine *machine, const uint8_t hardware_address[6], clwip_address address, uint32_t random);

/// Takes in a frame, if one has come, and does what is due by the clock.
///
/// Returns whether there was one.
bool clwip_poll(void);

/// The first sequence number of a connection; PortLwIP implements it.
uint32_t clwip_sequence_number(
    uint32_t milliseconds, uint16_t local_port, uint32_t remote_address, uint16_t remote_port);

// Memory.

/// How much of one of lwIP's memories is in use.
typedef struct {
  uint32_t used, most_used, limit;
  /// How often there was nothing left.
  uint32_t failures;
} clwip_usage;

/// Bytes of what waits to be sent or acknowledged, and of answers of ARP and ICMP.
clwip_usage clwip_heap_usage(void);
/// TCP connections, also those that the application has closed and that are not over for the other side.
clwip_usage clwip_connection_usage(void);
/// Segments that wait to be sent or acknowledged.
clwip_usage clwip_segment_usage(void);
/// Buffers of frames that are being taken in.
clwip_usage clwip_frame_usage(void);

#endif
