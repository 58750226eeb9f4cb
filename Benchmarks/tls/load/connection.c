#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void die(const char *message) {
  fprintf(stderr, "load: %s", message);
  if (errno != 0) fprintf(stderr, " (%s)", strerror(errno));
  fputc('\n', stderr);
  ERR_print_errors_fp(stderr);
  exit(1);
}

// Whether a call of OpenSSL has to be repeated later; every other failure is the end.
static bool would_wait(struct connection *connection, int result, const char *action) {
  int reason = SSL_get_error(connection->ssl, result);
  if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) die(action);
  connection->wants_output = reason == SSL_ERROR_WANT_WRITE;
  return true;
}

void connection_open(struct connection *connection, const struct target *target, bool waits) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)target->port)};
  int yes = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection->socket < 0) die("no socket");
  // On loopback this does not wait.
  if (connect(connection->socket, (struct sockaddr *)&address, sizeof address) != 0) die("cannot connect");
  if (!waits) fcntl(connection->socket, F_SETFL, fcntl(connection->socket, F_GETFL) | O_NONBLOCK);
  setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  connection->input_count = 0;
  connection->wants_output = false;
  connection->ssl = NULL;
  connection->state = GREETING;
  if (target->tls != NULL) {
    connection->ssl = SSL_new(target->tls);
    if (connection->ssl == NULL || SSL_set_fd(connection->ssl, connection->socket) != 1 ||
        SSL_set_tlsext_host_name(connection->ssl, "localhost") != 1 ||
        (target->session != NULL && SSL_set_session(connection->ssl, target->session) != 1)) {
      die("cannot set TLS up");
    }
    connection->state = SHAKING_HANDS;
  }
  if (connection->state == GREETING) {
    unsigned char capabilities[16];
    connection_send(connection, capabilities, write_capabilities(capabilities));
  }
}

void connection_advance(struct connection *connection, const struct target *target) {
  if (connection->state == SHAKING_HANDS) {
    int result = SSL_connect(connection->ssl);
    if (result != 1 && would_wait(connection, result, "the handshake failed")) return;
    if (SSL_session_reused(connection->ssl) != (target->session != NULL)) die("resumed, or not, against the rules");
    unsigned char capabilities[16];
    connection_send(connection, capabilities, write_capabilities(capabilities));
    connection->state = GREETING;
  }
  while (connection->state == GREETING) {
    size_t length = message_length(connection->input, connection->input_count);
    if (length > 0 && length <= connection->input_count) {
      if (message_code(connection->input) != CODE_CSM) die("the server's first message is no CSM");
      connection_consume(connection, length);
      connection->state = READY;
    } else if (!connection_receive(connection)) {
      return;
    }
  }
}

void connection_close(struct connection *connection) {
  if (connection->state == READY) {
    if (connection->ssl != NULL && SSL_shutdown(connection->ssl) < 0) die("cannot say close_notify");
    if (shutdown(connection->socket, SHUT_WR) != 0) die("cannot shut the socket down");
    connection->state = CLOSING;
  }
  // Until the stream ends; a reset connection or an alert is a failure.
  while (connection->state == CLOSING) {
    unsigned char unread[256];
    if (connection->ssl != NULL && !(SSL_get_shutdown(connection->ssl) & SSL_RECEIVED_SHUTDOWN)) {
      int result = SSL_read(connection->ssl, unread, sizeof unread);
      if (result > 0) continue;
      int reason = SSL_get_error(connection->ssl, result);
      if (reason == SSL_ERROR_ZERO_RETURN) continue;
      if (would_wait(connection, result, "the server did not close cleanly")) return;
    }
    ssize_t count = read(connection->socket, unread, sizeof unread);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) die("the server did not close cleanly");
    if (count > 0) continue;
    SSL_free(connection->ssl);
    close(connection->socket);
    connection->state = CLOSED;
  }
}

void connection_send(struct connection *connection, const unsigned char *bytes, size_t count) {
  while (count > 0) {
    ssize_t sent = connection->ssl != NULL ? SSL_write(connection->ssl, bytes, (int)count)
                                           : write(connection->socket, bytes, count);
    // Also on connections that do not wait: the little that they send always fits.
    if (sent <= 0) die("cannot send");
    bytes += sent;
    count -= (size_t)sent;
  }
}

bool connection_receive(struct connection *connection) {
  unsigned char *space = connection->input + connection->input_count;
  size_t room = sizeof connection->input - connection->input_count;
  if (room == 0) die("a message is too long");
  ssize_t count;
  if (connection->ssl != NULL) {
    count = SSL_read(connection->ssl, space, (int)room);
    if (count <= 0 && would_wait(connection, (int)count, "the server closed too early")) return false;
  } else {
    count = read(connection->socket, space, room);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (count <= 0) die("the server closed too early");
  }
  connection->input_count += (size_t)count;
  return true;
}

void connection_consume(struct connection *connection, size_t count) {
  connection->input_count -= count;
  memmove(connection->input, connection->input + count, connection->input_count);
}
