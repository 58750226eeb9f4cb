// Everything of psk.h, and key exchange with elliptic curves: P-256 certificates in DER, or a pre-shared key with
// forward secrecy. No RSA, no PEM.
#pragma once

#include "common.h"

// What one record may hold, and so one handshake message: 2.28 puts none together out of several records. The longest
// one is Certificate, and the peer's chain has to fit. A chain of three P-256 certificates of a private authority has
// 1.4-2 KB; 4,096 take the longer ones of public authorities too. Ask for no maximum fragment length below the server's
// chain: most servers would cut Certificate to it. What goes out is our own chain, which we know. When the handshake is
// done both buffers shrink to the smaller length (see MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH), which takes CoAP messages of
// 1,152 bytes.
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 4096
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 2048
#endif

// Elliptic curves. The reduction for NIST's primes: 860 bytes, six times as fast.
#define MBEDTLS_ECP_NIST_OPTIM
// A window of 3 takes 100 bytes of the arena more than one of 2, and 10 % less time; 4 takes 1,000 bytes, and 16 %. A
// table that is kept for the generator (FIXED_POINT_OPTIM) takes 1,400 bytes and gains nothing in one handshake.
#ifndef MBEDTLS_ECP_WINDOW_SIZE
#define MBEDTLS_ECP_WINDOW_SIZE 3
#endif
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_ECDH_C
#define MBEDTLS_ECDSA_C
#define MBEDTLS_ASN1_WRITE_C
// RFC 6979: two signatures with the same random number tell the private key, and entropy is a device's weak spot when
// it starts. 950 bytes.
#define MBEDTLS_ECDSA_DETERMINISTIC
#define MBEDTLS_HMAC_DRBG_C

// Without a 64-bit type for division (see common.h) the library would multiply 16 bits at a time where it has no
// assembler. RV32IM has mul and mulhu.
#if defined(__riscv) && __riscv_xlen == 32
#include <stdint.h>
#define MULADDC_INIT { uint64_t product; mbedtls_mpi_uint low, high;
#define MULADDC_CORE \
    product = (uint64_t) *(s++) * b; \
    low = (mbedtls_mpi_uint) product; \
    high = (mbedtls_mpi_uint) (product >> 32); \
    low += c; high += low < c; \
    low += *d; high += low < *d; \
    c = high; *(d++) = low;
#define MULADDC_STOP }
#endif

// Certificates: a key is used for what its certificate says, and a chain has at most three authorities below the root.
#define MBEDTLS_X509_CHECK_KEY_USAGE
#define MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE
#define MBEDTLS_X509_MAX_INTERMEDIATE_CA 3

#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
// 2.28 has ECDHE_PSK with CBC or with this only. 2.6 times as fast as AES-CCM in software.
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C

// By preference: certificates, then pre-shared keys, those with forward secrecy first. The CCM_8 suites are the
// mandatory ones (RFC 7252 section 9.1.3).
#define MBEDTLS_SSL_CIPHERSUITES \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, \
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256

#include "mbedtls/check_config.h"
