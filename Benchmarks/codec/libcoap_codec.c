// The benchmark's cases with libcoap 4.3.1, as an application of it would do them: a fresh PDU per message.
//
//   codec-libcoap CASE COUNT
//
// parse-*      coap_pdu_init, coap_pdu_parse, the option iterator with length and value of every option,
//              coap_get_data, coap_delete_pdu
// build-*      coap_pdu_init, coap_add_token, coap_add_option for each option (coap_encode_var_safe for
//              numbers), coap_add_data, coap_pdu_encode_header, coap_delete_pdu
// dispatch-get coap_pdu_init, coap_pdu_parse, coap_dispatch (finds one of three resources, calls its handler,
//              which adds two options and 64 bytes, and sends the response), coap_delete_pdu. The session
//              is a real one, over loopback; what the kernel does is not counted.
// dispatch-content  coap_pdu_init, coap_pdu_parse, coap_dispatch of a response on that session (calls the
//              response handler, which looks at the payload), coap_delete_pdu

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coap3/coap.h>

#include "CHarness.h"

// Not in the installed headers, but in the static library: what coap_send and coap_io_process call.
size_t coap_pdu_encode_header(coap_pdu_t *pdu, coap_proto_t proto);
void coap_dispatch(coap_context_t *context, coap_session_t *session, coap_pdu_t *pdu);

enum { largest_message = 1152 };

static uint32_t parse(struct harness_bytes bytes) {
  coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, largest_message);
  if (!pdu || !coap_pdu_parse(COAP_PROTO_TCP, bytes.start, bytes.count, pdu)) harness_fail("not parsed");
  uint32_t sum = 0;
  coap_opt_iterator_t iterator;
  coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
  for (coap_opt_t *option; (option = coap_option_next(&iterator));) {
    uint32_t length = coap_opt_length(option);
    sum += iterator.number + length;
    if (length > 0) sum += coap_opt_value(option)[0];
  }
  size_t count;
  const uint8_t *payload;
  if (coap_get_data(pdu, &count, &payload)) sum += (uint32_t)count;
  coap_delete_pdu(pdu);
  return sum;
}

static void add_bytes(coap_pdu_t *pdu, coap_option_num_t number, struct harness_bytes value) {
  if (!coap_add_option(pdu, number, value.count, value.start)) harness_fail("option not added");
}

static void add_number(coap_pdu_t *pdu, coap_option_num_t number, uint32_t value) {
  uint8_t bytes[4];
  unsigned count = coap_encode_var_safe(bytes, sizeof bytes, value);
  if (!coap_add_option(pdu, number, count, bytes)) harness_fail("option not added");
}

static void add_content(coap_pdu_t *pdu) {
  add_number(pdu, COAP_OPTION_CONTENT_FORMAT, harness_content_format());
  add_number(pdu, COAP_OPTION_MAXAGE, harness_max_age());
  struct harness_bytes payload = harness_payload();
  if (!coap_add_data(pdu, payload.count, payload.start)) harness_fail("payload not added");
}

static coap_pdu_t *start(coap_pdu_code_t code) {
  coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON, code, 0, largest_message);
  struct harness_bytes token = harness_token();
  if (!pdu || !coap_add_token(pdu, token.count, token.start)) harness_fail("not built");
  return pdu;
}

static coap_pdu_t *build_get(void) {
  coap_pdu_t *pdu = start(COAP_REQUEST_CODE_GET);
  add_bytes(pdu, COAP_OPTION_URI_PATH, harness_path_first());
  add_bytes(pdu, COAP_OPTION_URI_PATH, harness_path_second());
  add_bytes(pdu, COAP_OPTION_URI_QUERY, harness_query());
  add_number(pdu, COAP_OPTION_ACCEPT, harness_accept());
  return pdu;
}

static coap_pdu_t *build_content(void) {
  coap_pdu_t *pdu = start(COAP_RESPONSE_CODE_CONTENT);
  add_content(pdu);
  return pdu;
}

// The header stands in front of the token, and everything else behind it.
static void check_built(enum harness_case selected, coap_pdu_t *pdu, size_t header) {
  coap_bin_const_t token = coap_pdu_get_token(pdu);
  const uint8_t *end = token.s + token.length;
  coap_opt_iterator_t iterator;
  coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
  for (coap_opt_t *option; (option = coap_option_next(&iterator));) {
    end = coap_opt_value(option) + coap_opt_length(option);
  }
  size_t count;
  const uint8_t *payload;
  if (coap_get_data(pdu, &count, &payload)) end = payload + count;
  harness_check_bytes(selected, token.s - header, (size_t)(end - token.s) + header);
}

static void build(enum harness_case selected, uint32_t count) {
  for (uint32_t index = 0; index < count; index++) {
    coap_pdu_t *pdu = selected == harness_build_get ? build_get() : build_content();
    size_t header = coap_pdu_encode_header(pdu, COAP_PROTO_TCP);
    harness_consume((uint32_t)header);
    if (index == 0) check_built(selected, pdu, header);
    coap_delete_pdu(pdu);
  }
}

// MARK: A server with one client

static coap_session_t *client_session;

static void serve(coap_resource_t *resource, coap_session_t *session, const coap_pdu_t *request,
                  const coap_string_t *query, coap_pdu_t *response) {
  (void)resource, (void)request;
  client_session = session;
  struct harness_bytes expected = harness_query();
  if (!query || query->length != expected.count || memcmp(query->s, expected.start, expected.count) != 0) {
    harness_fail("not the query that was sent");
  }
  coap_pdu_set_code(response, COAP_RESPONSE_CODE_CONTENT);
  add_content(response);
}

static void add_resource(coap_context_t *context, const char *path) {
  coap_resource_t *resource = coap_resource_init(coap_make_str_const(path), 0);
  if (!resource) harness_fail("no resource");
  coap_register_request_handler(resource, COAP_REQUEST_GET, serve);
  coap_add_resource(context, resource);
}

static int connect_to(const struct sockaddr_in *address) {
  int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(descriptor, (const struct sockaddr *)address, sizeof *address) != 0) harness_fail("no connection");
  return descriptor;
}

static coap_response_t take(coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received,
                            const coap_mid_t id) {
  (void)session, (void)sent, (void)id;
  size_t count;
  const uint8_t *payload;
  if (!coap_get_data(received, &count, &payload)) harness_fail("no payload");
  harness_consume((uint32_t)count);
  return COAP_RESPONSE_OK;
}

static void dispatch(enum harness_case selected, uint32_t count) {
  coap_startup();
  coap_address_t address;
  coap_address_init(&address);
  address.size = sizeof address.addr.sin;
  address.addr.sin.sin_family = AF_INET;
  address.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  coap_context_t *context = coap_new_context(NULL);
  coap_endpoint_t *endpoint = NULL;
  for (uint16_t port = 41000; context && !endpoint && port < 41100; port++) {
    address.addr.sin.sin_port = htons(port);
    endpoint = coap_new_endpoint(context, &address, COAP_PROTO_TCP);
  }
  if (!endpoint) harness_fail("no endpoint");
  add_resource(context, "sensors/humidity");
  add_resource(context, "sensors/temp");
  add_resource(context, "actuators/lamp");

  // The first GET goes over the socket, behind an empty CSM: that opens the session.
  int client = connect_to(&address.addr.sin);
  struct harness_bytes get = harness_get();
  if (write(client, "\x00\xe1", 2) != 2 || write(client, get.start, get.count) != (ssize_t)get.count) {
    harness_fail("not written");
  }
  for (int attempt = 0; attempt < 100 && !client_session; attempt++) coap_io_process(context, 10);
  if (!client_session) harness_fail("the request never came");

  // Its CSM and the first response.
  uint8_t bytes[256];
  ssize_t received = 0;
  size_t expected = harness_content().count;
  while (received < 2 || (size_t)received < expected + 2 + (bytes[0] >> 4)) {
    ssize_t more = read(client, bytes + received, sizeof bytes - (size_t)received);
    if (more <= 0) harness_fail("no response");
    received += more;
  }
  harness_check_bytes(harness_dispatch_get, bytes + (size_t)received - expected, expected);

  coap_register_response_handler(context, take);
  for (uint32_t index = 0; selected == harness_dispatch_content && index < count; index++) {
    struct harness_bytes content = harness_content();
    coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, largest_message);
    if (!pdu || !coap_pdu_parse(COAP_PROTO_TCP, content.start, content.count, pdu)) harness_fail("not parsed");
    harness_consume(0);
    coap_dispatch(context, client_session, pdu);
    coap_delete_pdu(pdu);
    if (harness_output != harness_payload().count) harness_fail("the response was not handed out");
  }

  for (uint32_t index = 0; selected == harness_dispatch_get && index < count; index++) {
    get = harness_get();
    coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, largest_message);
    if (!pdu || !coap_pdu_parse(COAP_PROTO_TCP, get.start, get.count, pdu)) harness_fail("not parsed");
    coap_dispatch(context, client_session, pdu);
    coap_delete_pdu(pdu);
    received = read(client, bytes, sizeof bytes);
    harness_consume((uint32_t)received);
    if (index == 0) harness_check_bytes(harness_dispatch_get, bytes, (size_t)received);
  }
  close(client);
}

int main(int argc, char **argv) {
  uint32_t count;
  enum harness_case selected = harness_arguments(argc, argv, &count);
  switch (selected) {
    case harness_parse_get:
      for (uint32_t index = 0; index < count; index++) harness_consume(parse(harness_get()));
      harness_check_parsed(selected);
      break;
    case harness_parse_content:
      for (uint32_t index = 0; index < count; index++) harness_consume(parse(harness_content()));
      harness_check_parsed(selected);
      break;
    case harness_build_get:
    case harness_build_content: build(selected, count); break;
    case harness_dispatch_get:
    case harness_dispatch_content: dispatch(selected, count); break;
  }
  return 0;
}
