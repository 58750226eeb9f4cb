# shellcheck shell=bash disable=SC2154
# Many connections on one simulator, of which one works. Sourced by toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=benchmark-requests.sh
source "$root/toolchain/lib/benchmark-requests.sh"

# resident_pages PROCESS: its memory in kilobytes, of all pages.
resident_pages() { sed -n 's/^Rss: *\([0-9]*\) kB$/\1/p' "/proc/$1/smaps_rollup"; }

connections() {
  local most=10000 count before after figures descriptor line rate
  local simulator plain_port binary=${SIMULATOR_BIN:-$root/.build/release/simulator}
  while [ $# -gt 0 ]; do
    case $1-${2:-} in
      --most-[1-9]*) most=$2; shift 2 ;;
      *) fail "what is $1? (see --help)" ;;
    esac
  done
  [ -x "$binary" ] || fail "$binary is not built: toolchain/simulate --help builds it"
  ulimit -n "$(ulimit -Hn)"
  if [ "$(ulimit -n)" -lt $((most + 100)) ]; then fail "this machine allows $(ulimit -n) descriptors: --most less"; fi
  build_requests
  trap end_servers EXIT
  work=$(mktemp -d)
  printf '%11s %11s %16s %14s %10s %10s %10s\n' connections 'memory kB' 'bytes for each' 'requests/s' 'median us' '99 % us' \
    'CPU ns'
  for count in 1 10 100 1000 10000; do
    if [ "$count" -gt "$most" ]; then break; fi
    start_simulator --listen coap+tcp://127.0.0.1:0 --connections $((count + 1))
    pin_servers
    before=$(resident_pages "$simulator")
    # One that works, and the others idle; they stay until their standard input ends.
    mkfifo "$work/end$count"
    taskset -c 0 "$output/requests" "$plain_port" 1 16 1000 sensors/temperature "$simulator" $((count - 1)) \
      <"$work/end$count" >"$work/out$count" &
    servers+=("$!")
    exec {descriptor}>"$work/end$count"
    for _ in {1..600}; do [ -s "$work/out$count" ] && break; sleep 0.1; done
    read -r -a figures <"$work/out$count" || fail "no figures for $count connections"
    after=$(resident_pages "$simulator")
    exec {descriptor}>&-
    printf '%11s %11s %16s %14s %10s %10s %10s\n' "$count" "$after" $(((after - before) * 1024 / count)) "${figures[@]}"
    kill "${servers[@]}" 2>/dev/null || true
    wait "${servers[@]}" 2>/dev/null || true
    servers=()
  done
}
