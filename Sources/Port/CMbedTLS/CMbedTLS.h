// mbedTLS 2.28 for Swift: its headers, and what only C can say about them.
//
// Which mbedTLS that is, the system's or a board's own, and with which configuration, is the build's matter
// (-Xcc -I..., -Xcc -DMBEDTLS_CONFIG_FILE=...). What a configuration leaves out does nothing here.

#ifndef CMBEDTLS_H
#define CMBEDTLS_H

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/sha1.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_internal.h>
#if defined(MBEDTLS_SSL_TICKET_C)
#include <mbedtls/ssl_ticket.h>
#endif
#if defined(MBEDTLS_SSL_CACHE_C)
#include <mbedtls/ssl_cache.h>
#endif
#if defined(MBEDTLS_X509_CRT_PARSE_C)
#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>
#endif

#if defined(MBEDTLS_PLATFORM_C)
#include <mbedtls/platform.h>
#else
#include <stdlib.h>
#define mbedtls_calloc calloc
#define mbedtls_free free
#endif

#include <stdbool.h>
#include <string.h>

// Lists that mbedTLS keeps pointers to.

// A server gives up when it meets one that the library was compiled without, so those are left out. All end in a comma.

#if defined(MBEDTLS_CHACHAPOLY_C) && defined(MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED)
#define CTLS_ECDHE_PSK_SUITES MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
#else
#define CTLS_ECDHE_PSK_SUITES
#endif
#if defined(MBEDTLS_GCM_C)
#define CTLS_PSK_GCM_SUITES MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
#define CTLS_ECDSA_GCM_SUITES MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
#else
#define CTLS_PSK_GCM_SUITES
#define CTLS_ECDSA_GCM_SUITES
#endif
#if defined(MBEDTLS_GCM_C) && defined(MBEDTLS_SHA512_C)
#define CTLS_ECDSA_SHA384_SUITES MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
#else
#define CTLS_ECDSA_SHA384_SUITES
#endif
#if defined(MBEDTLS_GCM_C) && defined(MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED)
#define CTLS_RSA_SUITES MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
#else
#define CTLS_RSA_SUITES
#endif
#if defined(MBEDTLS_GCM_C) && defined(MBEDTLS_SHA512_C) && defined(MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED)
#define CTLS_RSA_SHA384_SUITES MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
#else
#define CTLS_RSA_SHA384_SUITES
#endif

/// PSK: forward secrecy first, then the full-length tag, then RFC 7925 section 4.2's own.
#define CTLS_PSK_SUITES CTLS_ECDHE_PSK_SUITES CTLS_PSK_GCM_SUITES MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,

/// Certificates: AES-GCM for peers that have it (RFC 9325 section 4.2), RFC 7925 section 4.4's CCM_8.
#define CTLS_CERTIFICATE_SUITES                   \
  CTLS_ECDSA_GCM_SUITES CTLS_ECDSA_SHA384_SUITES  \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, \
      CTLS_RSA_SUITES CTLS_RSA_SHA384_SUITES

static inline const int *ctls_psk_suites(void) {
  static const int suites[] = {CTLS_PSK_SUITES 0};
  return suites;
}

static inline const int *ctls_certificate_suites(void) {
  static const int suites[] = {CTLS_CERTIFICATE_SUITES 0};
  return suites;
}

static inline const int *ctls_all_suites(void) {
  static const int suites[] = {CTLS_CERTIFICATE_SUITES CTLS_PSK_SUITES 0};
  return suites;
}

/// The one protocol of ALPN (RFC 8323 section 11.7).
static inline const char **ctls_protocols(void) {
  static const char *protocols[] = {"coap", 0};
  return protocols;
}

/// What does not depend on keys: versions, curves, hashes, what RFC 7925 says to leave out.
static inline int ctls_configure(mbedtls_ssl_config *configuration) {
#if defined(MBEDTLS_ECP_C)
  // RFC 7925 section 4.4 demands secp256r1.
  static const mbedtls_ecp_group_id curves[] = {
      MBEDTLS_ECP_DP_SECP256R1,
#if defined(MBEDTLS_ECP_DP_CURVE25519_ENABLED)
      MBEDTLS_ECP_DP_CURVE25519,
#endif
#if defined(MBEDTLS_ECP_DP_SECP384R1_ENABLED)
      MBEDTLS_ECP_DP_SECP384R1,
#endif
      MBEDTLS_ECP_DP_NONE};
  mbedtls_ssl_conf_curves(configuration, curves);
#endif
#if defined(MBEDTLS_KEY_EXCHANGE_WITH_CERT_ENABLED)
  static const int hashes[] = {
      MBEDTLS_MD_SHA256,
#if defined(MBEDTLS_SHA512_C)
      MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512,
#endif
      MBEDTLS_MD_NONE};
  mbedtls_ssl_conf_sig_hashes(configuration, hashes);
#endif
  mbedtls_ssl_conf_min_version(configuration, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(configuration, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  return mbedtls_ssl_conf_alpn_protocols(configuration, ctls_protocols());
}

// Pre-shared keys. Debian's mbedTLS takes keys of at most 32 bytes although there is room for the 64 of
// RFC 7925 section 4.2 where the premaster secret is put together; longer ones are put in place by hand.

/// Whether mbedTLS has room for a key of so many bytes.
static inline bool ctls_can_use_psk(size_t count) {
  return 4 + 2 * count <= MBEDTLS_PREMASTER_SIZE && 4 + 66 + count <= MBEDTLS_PREMASTER_SIZE;
}

/// Replaces a key that mbedTLS owns by a longer one. Returns 0, or the number of the error.
static inline int ctls_replace_key(unsigned char **place, size_t *count, const unsigned char *key, size_t key_count) {
  if (!ctls_can_use_psk(key_count)) return MBEDTLS_ERR_SSL_BAD_INPUT_DATA;
  unsigned char *copy = (unsigned char *)mbedtls_calloc(1, key_count);
  if (copy == NULL) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  memcpy(copy, key, key_count);
  if (*place != NULL) {
    mbedtls_platform_zeroize(*place, *count);
    mbedtls_free(*place);
  }
  *place = copy;
  *count = key_count;
  return 0;
}

/// The key of a client.
static inline int ctls_set_client_key(
    mbedtls_ssl_config *configuration, const unsigned char *identity, size_t identity_count,
    const unsigned char *key, size_t key_count) {
  size_t known = key_count < MBEDTLS_PSK_MAX_LEN ? key_count : MBEDTLS_PSK_MAX_LEN;
  int result = mbedtls_ssl_conf_psk(configuration, key, known, identity, identity_count);
  if (result != 0 || known == key_count) return result;
  return ctls_replace_key(&configuration->psk, &configuration->psk_len, key, key_count);
}

/// The key of a handshake, from the callback that has found it.
static inline int ctls_set_handshake_key(mbedtls_ssl_context *ssl, const unsigned char *key, size_t key_count) {
  size_t known = key_count < MBEDTLS_PSK_MAX_LEN ? key_count : MBEDTLS_PSK_MAX_LEN;
  int result = mbedtls_ssl_set_hs_psk(ssl, key, known);
  if (result != 0 || known == key_count) return result;
  return ctls_replace_key(&ssl->handshake->psk, &ssl->handshake->psk_len, key, key_count);
}

/// How many allocations have failed so far; always 0 where the memory of the process is the limit.
static inline size_t ctls_failure_count(void) {
#if defined(MBEDTLS_PLATFORM_CALLOC_MACRO)
  return tls_arena_failure_count();
#else
  return 0;
#endif
}

// State that has no function to ask for it.

static inline bool ctls_has_output(const mbedtls_ssl_context *ssl) { return ssl->out_left != 0; }

static inline bool ctls_is_handshake_over(const mbedtls_ssl_context *ssl) {
  return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
}

/// Whether the next step of a handshake computes with elliptic curves.
static inline bool ctls_is_step_slow(const mbedtls_ssl_context *ssl) {
  switch (ssl->state) {
    case MBEDTLS_SSL_SERVER_CERTIFICATE:
    case MBEDTLS_SSL_CLIENT_CERTIFICATE:
    case MBEDTLS_SSL_SERVER_KEY_EXCHANGE:
    case MBEDTLS_SSL_CLIENT_KEY_EXCHANGE:
    case MBEDTLS_SSL_CERTIFICATE_VERIFY:
      return true;
    default:
      return false;
  }
}

/// Whether the handshake that is going on, or was just done, is an abbreviated one.
static inline bool ctls_is_resuming(const mbedtls_ssl_context *ssl) {
  return ssl->handshake != NULL && ssl->handshake->resume != 0;
}

/// The description of the fatal alert that mbedTLS has just reported.
static inline uint8_t ctls_received_alert(const mbedtls_ssl_context *ssl) {
  return ssl->in_msg == NULL ? 0 : ssl->in_msg[1];
}

/// Whether the key exchange of the handshake that is going on needs a pre-shared key.
static inline bool ctls_uses_psk(const mbedtls_ssl_context *ssl) {
  const mbedtls_ssl_ciphersuite_t *suite = ssl->handshake == NULL ? NULL : ssl->handshake->ciphersuite_info;
  return suite != NULL && mbedtls_ssl_ciphersuite_uses_psk(suite);
}

/// Whether the peer's hello was understood, or the handshake is over.
static inline bool ctls_has_hello(const mbedtls_ssl_context *ssl) {
  return ssl->handshake == NULL || ssl->handshake->ciphersuite_info != NULL;
}

/// The first byte of the record that was read last: its type, if it is one.
static inline uint8_t ctls_record_type(const mbedtls_ssl_context *ssl) {
  return ssl->in_hdr == NULL ? 0 : ssl->in_hdr[0];
}

/// The description of the alert that was written last, if that was the last record and it was not encrypted.
static inline uint8_t ctls_sent_alert(const mbedtls_ssl_context *ssl) {
  if (ssl->out_msgtype != MBEDTLS_SSL_MSG_ALERT || ssl->transform_out != NULL) return 0;
  // While it waits to be written the message's place is behind it already.
  return ssl->out_left != 0 ? ssl->out_hdr[-1] : ssl->out_msg[1];
}

/// Makes the record of an alert that waits to be written one of TLS 1.2, when mbedTLS has taken a version that does not
/// exist from the hello that it refuses.
static inline void ctls_correct_version(mbedtls_ssl_context *ssl) {
  if (ssl->major_ver == MBEDTLS_SSL_MAJOR_VERSION_3) return;
  ssl->major_ver = MBEDTLS_SSL_MAJOR_VERSION_3;
  ssl->minor_ver = MBEDTLS_SSL_MINOR_VERSION_3;
  if (ssl->out_msgtype != MBEDTLS_SSL_MSG_ALERT || ssl->out_left < 7) return;
  ssl->out_hdr[-6] = MBEDTLS_SSL_MAJOR_VERSION_3;
  ssl->out_hdr[-5] = MBEDTLS_SSL_MINOR_VERSION_3;
}

static inline bool ctls_has_sent_alert(const mbedtls_ssl_context *ssl) {
  return ssl->out_msgtype == MBEDTLS_SSL_MSG_ALERT;
}

/// The number of the cipher suite, 0 before there is one.
static inline uint16_t ctls_cipher_suite(const mbedtls_ssl_context *ssl) {
  return ssl->session == NULL ? 0 : (uint16_t)ssl->session->ciphersuite;
}

/// Sets the name for server_name (SNI). A configuration without certificates has no such extension.
static inline int ctls_set_server_name(mbedtls_ssl_context *ssl, const char *name) {
#if defined(MBEDTLS_X509_CRT_PARSE_C)
  return mbedtls_ssl_set_hostname(ssl, name);
#else
  (void)ssl;
  (void)name;
  return 0;
#endif
}

/// The name that was set, or NULL.
static inline const char *ctls_server_name(const mbedtls_ssl_context *ssl) {
#if defined(MBEDTLS_X509_CRT_PARSE_C)
  return ssl->hostname;
#else
  (void)ssl;
  return NULL;
#endif
}

/// Whether mbedTLS has found that the peer's certificate was made for something else.
static inline bool ctls_is_of_wrong_use(const mbedtls_ssl_context *ssl) {
  const uint32_t flags =
      MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE | MBEDTLS_X509_BADCERT_NS_CERT_TYPE;
  return ssl->session_negotiate != NULL && (ssl->session_negotiate->verify_result & flags) != 0;
}

#if defined(MBEDTLS_X509_CRT_PARSE_C)
/// Whether a certificate may be used to authenticate a client (RFC 5280 sections 4.2.1.3 and 4.2.1.12).
static inline bool ctls_is_for_clients(const mbedtls_x509_crt *certificate) {
#if defined(MBEDTLS_X509_CHECK_KEY_USAGE)
  if (mbedtls_x509_crt_check_key_usage(certificate, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0) return false;
#endif
#if defined(MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE)
  return mbedtls_x509_crt_check_extended_key_usage(
             certificate, MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH)) == 0;
#else
  return true;
#endif
}
#endif

#endif
