// The smallest profile: TLS 1.2 with a pre-shared key that both sides were given.
#pragma once

#include "common.h"

// What one record may hold, and so one handshake message: 2.28 puts none together out of several records. A CoAP
// message of the size that every peer may send (1,152 bytes, RFC 8323 section 5.3.1) fits with room for its header, and
// the handshake needs less. A client can make sure of it with MBEDTLS_SSL_MAX_FRAG_LEN_1024 or _512.
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 1536
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 1536
#endif

// By preference. CCM_8 is mandatory (RFC 7252 section 9.1.3.1), and its records are the shortest.
#define MBEDTLS_SSL_CIPHERSUITES MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256

#include "mbedtls/check_config.h"
