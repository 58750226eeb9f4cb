// A client's connection to a server under load, with or without TLS 1.2.
#pragma once

#include <openssl/ssl.h>
#include <stdbool.h>

#include "messages.h"

struct target {
  int port;               // on 127.0.0.1
  SSL_CTX *tls;           // NULL for plain TCP
  SSL_SESSION *session;   // to be resumed; NULL for a full handshake
};

struct connection {
  int socket;
  SSL *ssl;
  enum { CLOSED, SHAKING_HANDS, GREETING, READY, CLOSING } state;
  bool wants_output;      // what it waits for, other than input
  unsigned char input[4 * LONGEST_MESSAGE];
  size_t input_count;
};

// Ends the program with a message, and what OpenSSL has to say.
_Noreturn void die(const char *message);

// Connects. With waits, each function below does all it can; else what can be done without waiting.
void connection_open(struct connection *connection, const struct target *target, bool waits);

// Goes on towards READY, which is when both CSMs were exchanged.
void connection_advance(struct connection *connection, const struct target *target);

// Goes on towards CLOSED: close_notify, the end of the stream, and the same from the server.
void connection_close(struct connection *connection);

// Sends all of it, on a connection that waits.
void connection_send(struct connection *connection, const unsigned char *bytes, size_t count);

// Appends to input. False when there is nothing to be had without waiting.
bool connection_receive(struct connection *connection);

// Takes the first message off input.
void connection_consume(struct connection *connection, size_t count);
