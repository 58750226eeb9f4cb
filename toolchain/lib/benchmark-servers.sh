# shellcheck shell=bash disable=SC2034,SC2154
# Servers for a benchmark: our simulator, which binary names, and libcoap's. Sourced by toolchain/lib/benchmark-*.sh; work
# is a directory of the run, which is deleted in the end.

servers=() work=''

# end_servers: ends what was started here, and forgets the keys.
end_servers() {
  local server
  for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
  for server in "${servers[@]}"; do wait "$server" 2>/dev/null || true; done
  servers=()
  if [ -n "$work" ]; then rm -rf "$work"; fi
}

# is_listening PORT: whether somebody listens there.
is_listening() { grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F]*:0000 0A " /proc/net/tcp; }

# pin_servers: servers on the last processor; whoever asks is on the first one.
pin_servers() {
  command -v taskset >/dev/null || need_package util-linux
  local server last_processor=$(($(nproc) - 1))
  for server in "${servers[@]}"; do taskset -pc "$last_processor" "$server" >/dev/null; done
}

# start_simulator OPTION...: sets simulator, and tls_port and plain_port as far as it listens there.
start_simulator() {
  local log=$work/simulator.log
  # An earlier one's would say ready.
  : >"$log"
  "$binary" serve "$@" >"$log" 2>&1 &
  simulator=$!
  servers+=("$simulator")
  for _ in {1..100}; do
    if grep -q '^ready$' "$log"; then break; fi
    kill -0 "$simulator" 2>/dev/null || fail "the simulator ended: $(cat "$log")"
    sleep 0.05
  done
  tls_port=$(sed -n 's/^listening on coaps+tcp:.*:\([0-9]*\)$/\1/p' "$log")
  plain_port=$(sed -n 's/^listening on coap+tcp:.*:\([0-9]*\)$/\1/p' "$log")
  if [ -z "$tls_port$plain_port" ]; then
    fail "the simulator does not say where it listens: $(cat "$log")"
  fi
}

# start_libcoap OPTION...: sets libcoap and libcoap_port, where TCP is. With keys, TLS is on the next one.
start_libcoap() {
  local last
  libcoap_port=$((20000 + RANDOM % 5000 * 2))
  while is_listening "$libcoap_port" || is_listening $((libcoap_port + 1)); do libcoap_port=$((libcoap_port + 2)); done
  case " $* " in
    *' -k '* | *' -c '*) last=$((libcoap_port + 1)) ;;
    *) last=$libcoap_port ;;
  esac
  coap-server-openssl -A 127.0.0.1 -p "$libcoap_port" -v 0 "$@" >"$work/libcoap.log" 2>&1 &
  libcoap=$!
  servers+=("$libcoap")
  for _ in {1..100}; do
    if is_listening "$last"; then return; fi
    kill -0 "$libcoap" 2>/dev/null || fail "libcoap's server ended: $(cat "$work/libcoap.log")"
    sleep 0.05
  done
  fail "libcoap's server does not listen on port $last"
}
