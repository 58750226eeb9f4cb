// What the boards' mbedTLS 2.28 has in every profile: TLS 1.2 with pre-shared keys, client and server.
//
// One profile (psk.h, certificates.h) includes this and is named with -DMBEDTLS_CONFIG_FILE='<psk.h>'. The library and
// whoever includes its headers must see the same profile and the same -D options: the layout of its structures depends
// on them. What is not named here is off, and stays off on purpose:
//
//   MBEDTLS_HAVE_TIME, _TIME_DATE   a device may have no clock yet; the verify callback checks dates
//   MBEDTLS_ENTROPY_C               CTR_DRBG is seeded by our own callback, from the port's entropy
//   MBEDTLS_SSL_RENEGOTIATION       no need on CoAP connections, and a well of attacks; a request for it is refused
//   MBEDTLS_SSL_CONTEXT_SERIALIZATION   mbedtls_ssl_session_save and _load do without; it would save whole connections
//   MBEDTLS_SSL_ENCRYPT_THEN_MAC, _TRUNCATED_HMAC   only for CBC and stream suites; ours are all AEAD
//   MBEDTLS_SSL_KEEP_PEER_CERTIFICATE   0.5-1 KB of the arena for each connection; the verify callback sees it anyway
//   MBEDTLS_SSL_CACHE_C             tickets resume sessions without memory on the server
//   MBEDTLS_DEBUG_C, _ERROR_C, _SELF_TEST, _VERSION_C   texts that no firmware prints
//
// Numbers are for Cortex-M4 at -Os: text in bytes after --gc-sections, instructions as counted by QEMU.
#pragma once

#include <stddef.h>

// Memory: one arena with a hard limit, defined in Swift (target TLSArena). The _MACRO form binds the functions at
// compile time: no pointers in RAM, and nothing of the C library's heap is linked.
void *tls_arena_calloc(size_t count, size_t size);
void tls_arena_free(void *pointer);
size_t tls_arena_failure_count(void);
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO tls_arena_calloc
#define MBEDTLS_PLATFORM_FREE_MACRO tls_arena_free

// There is no system that the library could ask for entropy.
#define MBEDTLS_NO_PLATFORM_ENTROPY

// Functions that the library itself calls obsolete.
#define MBEDTLS_DEPRECATED_REMOVED

// Big numbers in assembler: 16 % less time for ECDHE. The code for ARMv6-M is in GNU syntax that clang refuses.
#if !defined(__thumb__) || defined(__thumb2__)
#define MBEDTLS_HAVE_ASM
#endif
// A 64-bit division would need __aeabi_uldivmod or __udivdi3 of libgcc; in 16-bit steps it takes 170 bytes and no
// measurable time more.
#define MBEDTLS_NO_UDBL_DIVISION

// AES. Tables in flash, not computed into 8.5 KB of RAM. One table and rotations instead of four: 6,100 bytes less, and
// not slower without a cache.
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES
#define MBEDTLS_AES_FEWER_TABLES
// CCM, GCM and CTR_DRBG only ever encrypt blocks: 2,500 bytes less. See aes_without_decryption.c.
#define MBEDTLS_AES_SETKEY_DEC_ALT
#define MBEDTLS_AES_DECRYPT_ALT
#define MBEDTLS_CIPHER_C
#define MBEDTLS_CCM_C
// 2,300 bytes, for peers without CCM: browsers, and TLS libraries as most distributions configure them.
#define MBEDTLS_GCM_C

// SHA-256. The smaller one has 1,600 bytes less and takes 0.1 M instructions more for a PSK handshake (0.65 M before).
// Only handshakes hash: records are AEAD.
#define MBEDTLS_MD_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA256_SMALLER

// Random numbers: AES-256 in counter mode. A seed is 32 bytes of entropy, 16 of nonce and what tells devices apart, at
// most 80; the limit is that of a buffer on the stack (384 by default).
#define MBEDTLS_CTR_DRBG_C
#define MBEDTLS_CTR_DRBG_MAX_SEED_INPUT 128

// TLS 1.2 and nothing older; the 1.3 of this library is a draft's.
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_SRV_C
// "coap" must be negotiated on every port but 5684, RFC 8323 section 8.2.
#define MBEDTLS_SSL_ALPN
// The one way for a device to have the peer send records that fit; only a client can ask for it (RFC 6066 section 4).
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
// After the handshake both buffers shrink to the fragment length: on a server to what the client asked for, on a client
// to what was asked for even if the server took no notice, and without the extension to the smaller of the two content
// lengths. While one shrinks, its old and new memory exist together.
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
// RFC 7627: without it a session can be stolen by a server in the middle.
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_SSL_SESSION_TICKETS
// Without MBEDTLS_HAVE_TIME tickets do not expire by themselves: their keys have to be replaced in time.
#define MBEDTLS_SSL_TICKET_C
// The peer is told why a handshake failed. 4 bytes.
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES

// Pre-shared keys of up to 64 bytes: RFC 4279 section 5.3 has this as the least to support.
#define MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#define MBEDTLS_PSK_MAX_LEN 64

// The server's name is the default host of requests (RFC 8323 section 8.5), with a PSK as well. In this library it
// cannot be had without the X.509 parser; in the psk profile nobody calls that, and the linker drops all of it but
// 1,000 bytes.
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_USE_C
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_OID_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
