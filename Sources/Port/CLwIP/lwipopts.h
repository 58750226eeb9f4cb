// lwIP's configuration, shared by all boards: TCP over IPv4 and Ethernet, without an operating system.
//
// What depends on the board's memory is set by the build with -D: CLWIP_CONNECTIONS, TCP_MSS, TCP_WND, TCP_SND_BUF.

#ifndef CLWIP_LWIPOPTS_H
#define CLWIP_LWIPOPTS_H

// One loop calls everything.
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0

#define LWIP_IPV4 1
#define LWIP_IPV6 0
#define LWIP_ARP 1
#define LWIP_ICMP 1
#define LWIP_TCP 1
#define LWIP_UDP 0
#define LWIP_RAW 0
#define LWIP_DHCP 0
#define LWIP_SINGLE_NETIF 1

// TCP makes segments that fit, and fragments are an old way to exhaust a device.
#define IP_FRAG 0
#define IP_REASSEMBLY 0

// MARK: Sizes

/// Connections that the application may have at a time, with those that wait for it.
#ifndef CLWIP_CONNECTIONS
#define CLWIP_CONNECTIONS 4
#endif
/// Connections that the application has closed: they wait for the peer. The oldest give way to new ones.
#ifndef CLWIP_CLOSING_CONNECTIONS
#define CLWIP_CLOSING_CONNECTIONS 4
#endif
/// 536 bytes fit every path; Ethernet takes 1460.
#ifndef TCP_MSS
#define TCP_MSS 536
#endif
/// What a peer may send before it is read: so much memory is there for each connection.
#ifndef TCP_WND
#define TCP_WND (4 * TCP_MSS)
#endif
/// What may wait for the peer's acknowledgement on one connection.
#ifndef TCP_SND_BUF
#define TCP_SND_BUF (4 * TCP_MSS)
#endif
/// Pieces that may wait on one connection.
#define TCP_SND_QUEUELEN (2 * (TCP_SND_BUF / TCP_MSS) + 2)
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN / 2)

#define MEM_ALIGNMENT 4
/// Connections in use cannot starve each other: there is room for all that each may have waiting, with 96 bytes of
/// headers for every piece, and for short answers of TCP, ARP and ICMP.
#define MEM_SIZE (CLWIP_CONNECTIONS * (TCP_SND_BUF + TCP_SND_QUEUELEN * 96) + 2048)
#define MEMP_NUM_TCP_PCB (CLWIP_CONNECTIONS + CLWIP_CLOSING_CONNECTIONS)
#define MEMP_NUM_TCP_PCB_LISTEN 2
#define MEMP_NUM_TCP_SEG (CLWIP_CONNECTIONS * TCP_SND_QUEUELEN + CLWIP_CLOSING_CONNECTIONS)
#define MEMP_NUM_PBUF 4
/// Frames are copied out as they come, so few buffers do.
#ifndef PBUF_POOL_SIZE
#define PBUF_POOL_SIZE 6
#endif
#define ARP_TABLE_SIZE 6
#define ARP_QUEUEING 0
/// Puts the Internet header at a multiple of four.
#define ETH_PAD_SIZE 2

// MARK: Behaviour

/// Half-open connections at a time; further ones ask again.
#define TCP_LISTEN_BACKLOG 1
/// A peer could fill all frame buffers with segments that leave gaps: it sends them again instead.
#define TCP_QUEUE_OOSEQ 0
/// First sequence numbers that nobody can guess (RFC 6528).
#define LWIP_HOOK_FILENAME "clwip_hooks.h"
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) \
  ((void)(local), clwip_hook_sequence_number(local_port, remote, remote_port))

/// One second before the first segment is sent again (RFC 6298 section 2.1).
#define LWIP_TCP_RTO_TIME 1000

// How much memory was used, and how often there was too little.
#define LWIP_STATS 1
#define MEM_STATS 1
#define MEMP_STATS 1
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define TCP_STATS 0
#define SYS_STATS 0

#endif
