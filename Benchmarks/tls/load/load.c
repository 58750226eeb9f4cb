// Puts a server of CoAP over TCP or TLS under load, in one thread, and prints three numbers: what was done (handshakes,
// or bytes of payload), in how many seconds, and how many seconds of processor time the server took for it.
//
//   load handshakes|resumed|bulk PORT SECONDS SERVER [options]
//
//   handshakes         full handshakes, four connections at a time
//   resumed            the same by the ticket of a first connection
//   bulk               GETs of 8192 bytes on one connection, eight of them under way
//   SERVER             the process whose time is taken
//   --suite NAME       the one cipher suite, as OpenSSL calls it; without it TCP is plain
//   --psk ID:KEY       a pre-shared key, in letters
//   --ca FILE          the authority of the server's certificate
//   --path NAME        what to get
//   --put              put 8192 bytes there before

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "connection.h"

// The payload is what the simulator has under /log: its message is the largest that it sends, of 8 KiB at most.
enum { PARALLEL = 4, WINDOW = 8, PAYLOAD = 8192 };

static const char *suite, *key, *authority, *path = "log";
static bool puts_before;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// The seconds that a process has run, in user mode and in the kernel.
static double processor_time(int process) {
  char name[32], line[1024], *end;
  unsigned long user, kernel;
  snprintf(name, sizeof name, "/proc/%d/stat", process);
  FILE *file = fopen(name, "r");
  if (file == NULL || fgets(line, sizeof line, file) == NULL) die("the server is gone");
  fclose(file);
  // The name of the program, in parentheses, may contain spaces.
  end = strrchr(line, ')');
  if (end == NULL || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2) {
    die("the server's times are unreadable");
  }
  return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static unsigned int give_key(
    SSL *ssl, const char *hint, char *identity, unsigned int identity_space, unsigned char *space, unsigned int count) {
  const char *colon = strchr(key, ':');
  size_t length = strlen(colon + 1);
  (void)ssl;
  (void)hint;
  if ((size_t)(colon - key) >= identity_space || length > count) return 0;
  memcpy(identity, key, (size_t)(colon - key));
  identity[colon - key] = 0;
  memcpy(space, colon + 1, length);
  return (unsigned int)length;
}

static SSL_CTX *make_tls(void) {
  static const unsigned char protocols[] = "\x04" "coap";
  char list[100];
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  // OpenSSL 3 counts CCM_8 among the weak ones.
  snprintf(list, sizeof list, "%s:@SECLEVEL=0", suite);
  if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION) != 1 || SSL_CTX_set_cipher_list(tls, list) != 1 ||
      SSL_CTX_set1_groups_list(tls, "P-256") != 1 ||
      SSL_CTX_set_alpn_protos(tls, protocols, sizeof protocols - 1) != 0) {
    die("cannot set TLS up");
  }
  if (key != NULL) SSL_CTX_set_psk_client_callback(tls, give_key);
  if (authority != NULL) {
    if (SSL_CTX_load_verify_locations(tls, authority, NULL) != 1) die("cannot read the authority");
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
  }
  return tls;
}

// The session of a connection of its own.
static SSL_SESSION *get_session(const struct target *target) {
  static struct connection connection;
  connection_open(&connection, target, true);
  connection_advance(&connection, target);
  SSL_SESSION *session = SSL_get1_session(connection.ssl);
  if (session == NULL || !SSL_SESSION_has_ticket(session)) die("the server gives no ticket");
  connection_close(&connection);
  return session;
}

// Opens and closes connections until the deadline, and waits for the last ones.
static long shake_hands(const struct target *target, double deadline) {
  static struct connection connections[PARALLEL];
  long count = 0;
  int open = 0;
  while (open > 0 || now() < deadline) {
    struct pollfd events[PARALLEL];
    bool may_open = now() < deadline, has_closed = false;
    for (int index = 0; index < PARALLEL; index++) {
      struct connection *connection = &connections[index];
      if (connection->state == CLOSED && may_open) {
        connection_open(connection, target, false);
        open++;
      }
      if (connection->state == SHAKING_HANDS || connection->state == GREETING) connection_advance(connection, target);
      if (connection->state == READY || connection->state == CLOSING) {
        connection_close(connection);
        if (connection->state == CLOSED) {
          has_closed = true;
          open--;
          count++;
        }
      }
      events[index].fd = connection->state == CLOSED ? -1 : connection->socket;
      events[index].events = connection->wants_output ? POLLOUT : POLLIN;
    }
    if (open > 0 && !has_closed && poll(events, PARALLEL, 10000) <= 0) die("the server does not answer");
  }
  return count;
}

// Waits for one response, and returns its code.
static int await_response(struct connection *connection) {
  size_t length;
  while ((length = message_length(connection->input, connection->input_count)) == 0 ||
         length > connection->input_count) {
    connection_receive(connection);
  }
  int code = message_code(connection->input);
  if (code == CODE_CONTENT && length < PAYLOAD) die("the response is too short");
  connection_consume(connection, length);
  return code;
}

static void get(struct connection *connection, unsigned char token) {
  unsigned char request[64];
  connection_send(connection, request, write_request(request, CODE_GET, token, path, 0));
}

// Gets until the deadline, eight at a time, and returns the bytes of payload.
static long get_all(struct connection *connection, double deadline) {
  unsigned char token = 0;
  int under_way = 0;
  long count = 0;
  while (true) {
    while (under_way < WINDOW && now() < deadline) {
      get(connection, token++);
      under_way++;
    }
    if (under_way == 0) return count;
    if (await_response(connection) != CODE_CONTENT) die("the server refuses");
    under_way--;
    count += PAYLOAD;
  }
}

int main(int count, char **arguments) {
  if (count < 5) die("too few arguments, see load.c");
  const char *mode = arguments[1];
  double seconds = atof(arguments[3]);
  int server = atoi(arguments[4]);
  for (int index = 5; index < count; index++) {
    const char *name = arguments[index];
    if (strcmp(name, "--put") == 0) {
      puts_before = true;
      continue;
    }
    const char *value = ++index < count ? arguments[index] : NULL;
    if (value == NULL) die("an option without its value");
    if (strcmp(name, "--suite") == 0) suite = value;
    else if (strcmp(name, "--psk") == 0 && strchr(value, ':') != NULL) key = value;
    else if (strcmp(name, "--ca") == 0) authority = value;
    else if (strcmp(name, "--path") == 0) path = value;
    else die("an unknown option, see load.c");
  }
  struct target target = {.port = atoi(arguments[2]), .tls = suite == NULL ? NULL : make_tls()};

  static struct connection connection;
  bool is_bulk = strcmp(mode, "bulk") == 0;
  if (strcmp(mode, "resumed") == 0) {
    target.session = get_session(&target);
  } else if (!is_bulk && strcmp(mode, "handshakes") != 0) {
    die("an unknown mode, see load.c");
  }
  if (is_bulk) {
    connection_open(&connection, &target, true);
    connection_advance(&connection, &target);
    if (puts_before) {
      unsigned char request[LONGEST_MESSAGE];
      connection_send(&connection, request, write_request(request, CODE_PUT, 0, path, PAYLOAD));
      if (await_response(&connection) >> 5 != 2) die("the server does not take the PUT");
    }
    // What comes first is not like the rest.
    get_all(&connection, now() + 0.1);
  }
  double time = processor_time(server), start = now();
  long done = is_bulk ? get_all(&connection, start + seconds) : shake_hands(&target, start + seconds);
  double end = now();
  if (is_bulk) connection_close(&connection);
  printf("%ld %.6f %.2f\n", done, end - start, processor_time(server) - time);
  return 0;
}
