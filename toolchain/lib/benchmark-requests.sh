# shellcheck shell=bash disable=SC2154
# Requests a second and their latency: our simulator beside libcoap's server and a loop that only echoes. Sourced by
# toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=benchmark-servers.sh
source "$root/toolchain/lib/benchmark-servers.sh"

# build_requests: the program that asks, and the echo.
build_requests() {
  command -v gcc >/dev/null || need_package gcc libc6-dev
  gcc -O2 -o "$output/requests" "$root/Benchmarks/requests/requests.c"
  gcc -O2 -o "$output/echo" "$root/Benchmarks/requests/echo.c"
}

requests() {
  local rounds=5 milliseconds=400 is_strict=false round connections window peer
  local simulator plain_port libcoap libcoap_port echo echo_port
  local binary=${SIMULATOR_BIN:-$root/.build/release/simulator}
  while [ $# -gt 0 ]; do
    case $1-${2:-} in
      --strict-*) is_strict=true; shift ;;
      --rounds-[1-9]*) rounds=$2; shift 2 ;;
      *) fail "what is $1? (see --help)" ;;
    esac
  done
  [ -x "$binary" ] || fail "$binary is not built: toolchain/simulate --help builds it"
  command -v coap-server-openssl >/dev/null || need_package libcoap3-bin
  build_requests
  trap end_servers EXIT
  work=$(mktemp -d)
  start_simulator --listen coap+tcp://127.0.0.1:0
  # Both have a few bytes that they know by heart.
  start_libcoap -d 1
  coap-client-openssl -B 20 -m put -t 0 -e 1 "coap+tcp://127.0.0.1:$libcoap_port/example_data" >"$work/put.log" 2>&1
  "$output/echo" >"$work/echo" &
  echo=$!
  servers+=("$echo")
  for _ in {1..100}; do [ -s "$work/echo" ] && break; sleep 0.05; done
  echo_port=$(cat "$work/echo")
  pin_servers
  local results=$work/results
  for round in $(seq "$rounds"); do
    for connections in 1 8; do
      for window in 1 16 64; do
        for peer in "ours $plain_port actuators/led $simulator" "libcoap $libcoap_port example_data $libcoap" \
          "echo $echo_port x $echo"; do
          # shellcheck disable=SC2086 # four words
          set -- $peer
          printf '%s %s %s %s\n' "$connections" "$window" "$1" \
            "$(taskset -c 0 "$output/requests" "$2" "$connections" "$window" "$milliseconds" "$3" "$4")" >>"$results" ||
            fail "round $round, $1, $connections connections, window $window: see above"
        done
      done
    done
  done
  print_requests "$results" "$is_strict"
}

# print_requests FILE STRICT: the medians, and whether the goals are met.
print_requests() {
  python3 - "$1" "$2" <<'PYTHON'
import collections, statistics, sys

found = collections.defaultdict(list)
for line in open(sys.argv[1]):
    connections, window, peer, *figures = line.split()
    found[int(connections), int(window), peer].append([float(figure) for figure in figures])
median = {key: [statistics.median(column) for column in zip(*rows)] for key, rows in found.items()}
print("Requests a second (latency in microseconds: median, 99 %), and nanoseconds of the server's processor for each")
print(f"{'connections':>11} {'window':>6} {'ours':>22} {'ns':>6} {'libcoap 4.3.1':>22} {'ns':>6} {'bare echo':>10} {'ns':>6}"
      f"{'libcoap':>8} {'ns':>5} {'echo':>5} {'ns':>5}  goals")
missed = []
for connections, window in sorted({key[:2] for key in median}):
    ours, libcoap, echo = (median[connections, window, peer] for peer in ("ours", "libcoap", "echo"))
    beside, bare = ours[0] / libcoap[0], ours[0] / echo[0]
    # libcoap beside which, and the bare loop beside which: at window 1 and 16.
    goals = {1: [(beside, 1.0, "libcoap")], 16: [(beside, 3.0, "libcoap"), (bare, 0.5, "echo")]}.get(window, [])
    words = [f"{name} {wanted:g} {'yes' if got >= wanted else 'no'}" for got, wanted, name in goals]
    missed += [word for word in words if word.endswith("no")]
    print(f"{connections:>11} {window:>6} {ours[0]:>9,.0f} {ours[1]:>5.0f} {ours[2]:>6.0f} {ours[3]:>6.0f} "
          f"{libcoap[0]:>9,.0f} {libcoap[1]:>5.0f} {libcoap[2]:>6.0f} {libcoap[3]:>6.0f} {echo[0]:>10,.0f} {echo[3]:>6.0f}"
          f"{beside:>8.2f} {libcoap[3] / ours[3]:>5.2f} {bare:>5.2f} {echo[3] / ours[3]:>5.2f}  {', '.join(words)}")
print("All goals are met." if not missed else f"{len(missed)} goals are missed.")
sys.exit(bool(missed) and sys.argv[2] == "true")
PYTHON
}
