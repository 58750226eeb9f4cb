// What joins lwIP to a machine, and what Swift cannot say about lwIP.

#include "CLwIP.h"

#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/memp.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include <string.h>

_Static_assert(CLWIP_OK == ERR_OK && CLWIP_OUT_OF_MEMORY == ERR_MEM && CLWIP_ABORTED == ERR_ABRT, "as in lwip/err.h");
_Static_assert(CLWIP_LOWEST_PRIORITY == TCP_PRIO_MIN && CLWIP_COPY == TCP_WRITE_FLAG_COPY, "as in lwip/tcp.h");

static clwip_machine machine;
static struct netif interface;
static uint32_t random_bits;

u32_t sys_now(void) { return machine.milliseconds(); }

uint32_t clwip_random(void) { return random_bits; }

// MARK: Frames

static err_t send_frame(struct netif *netif, struct pbuf *frame) {
  (void)netif;
  if (!machine.begin_send(frame->tot_len - ETH_PAD_SIZE)) return ERR_MEM;
  size_t padding = ETH_PAD_SIZE;
  for (const struct pbuf *part = frame; part != NULL; part = part->next) {
    machine.send((const uint8_t *)part->payload + padding, part->len - padding);
    padding = 0;
  }
  machine.end_send();
  return ERR_OK;
}

static void receive_frame(size_t count) {
  // Without a free buffer the frame is lost, which TCP makes good.
  struct pbuf *frame = count <= 1514 ? pbuf_alloc(PBUF_RAW, (u16_t)(count + ETH_PAD_SIZE), PBUF_POOL) : NULL;
  size_t padding = ETH_PAD_SIZE;
  for (struct pbuf *part = frame; part != NULL; part = part->next) {
    machine.receive((uint8_t *)part->payload + padding, part->len - padding);
    padding = 0;
  }
  machine.end_receive();
  if (frame != NULL && interface.input(frame, &interface) != ERR_OK) pbuf_free(frame);
}

static err_t start_interface(struct netif *netif) {
  netif->name[0] = 'e';
  netif->name[1] = 'n';
  netif->mtu = 1500;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
  netif->output = etharp_output;
  netif->linkoutput = send_frame;
  return ERR_OK;
}

void clwip_start(
    const clwip_machine *given, const uint8_t hardware_address[6], clwip_address address, uint32_t random) {
  machine = *given;
  random_bits = random;
  lwip_init();
  memcpy(interface.hwaddr, hardware_address, 6);
  interface.hwaddr_len = 6;
  ip4_addr_t own = {lwip_htonl(address.address)}, mask = {lwip_htonl(address.mask)};
  ip4_addr_t gateway = {lwip_htonl(address.gateway)};
  netif_add(&interface, &own, &mask, &gateway, NULL, start_interface, ethernet_input);
  netif_set_default(&interface);
  netif_set_link_up(&interface);
  netif_set_up(&interface);
}

bool clwip_poll(void) {
  size_t count = machine.begin_receive();
  if (count > 0) receive_frame(count);
  sys_check_timeouts();
  return count > 0;
}

// MARK: Connections

uint16_t clwip_send_space(const struct tcp_pcb *connection) {
  return tcp_sndqueuelen(connection) < TCP_SND_QUEUELEN ? tcp_sndbuf(connection) : 0;
}

void clwip_send_promptly(struct tcp_pcb *connection) { tcp_nagle_disable(connection); }

uint16_t clwip_local_port(const struct tcp_pcb *connection) { return connection->local_port; }

uint16_t clwip_byte_count(const struct pbuf *data) { return data->tot_len; }

uint16_t clwip_window(void) { return TCP_WND; }

struct tcp_pcb *clwip_listen(uint16_t port, uint8_t backlog) {
  struct tcp_pcb *connection = tcp_new();
  if (connection == NULL) return NULL;
  if (tcp_bind(connection, IP_ANY_TYPE, port) == ERR_OK) {
    // Takes the place of the connection when it succeeds.
    struct tcp_pcb *listener = tcp_listen_with_backlog(connection, backlog);
    if (listener != NULL) return listener;
  }
  tcp_close(connection);
  return NULL;
}

err_t clwip_connect(struct tcp_pcb *connection, uint32_t address, uint16_t port, tcp_connected_fn connected) {
  ip4_addr_t peer = {lwip_htonl(address)};
  return tcp_connect(connection, &peer, port, connected);
}

uint32_t clwip_hook_sequence_number(uint16_t local_port, const ip4_addr_t *remote, uint16_t remote_port) {
  return clwip_sequence_number(machine.milliseconds(), local_port, lwip_ntohl(remote->addr), remote_port);
}

// MARK: Memory

static clwip_usage usage(const struct stats_mem *memory) {
  return (clwip_usage){
      .used = memory->used, .most_used = memory->max, .limit = memory->avail, .failures = memory->err};
}

clwip_usage clwip_heap_usage(void) { return usage(&lwip_stats.mem); }
clwip_usage clwip_connection_usage(void) { return usage(lwip_stats.memp[MEMP_TCP_PCB]); }
clwip_usage clwip_segment_usage(void) { return usage(lwip_stats.memp[MEMP_TCP_SEG]); }
clwip_usage clwip_frame_usage(void) { return usage(lwip_stats.memp[MEMP_PBUF_POOL]); }
