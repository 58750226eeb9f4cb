# shellcheck shell=bash disable=SC2154
# A large text from our simulator over WebSocket and over plain TCP, with our client. Sourced by toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=benchmark-servers.sh
source "$root/toolchain/lib/benchmark-servers.sh"

websocket_byte_count=33554432

# spent PROCESS: its processor time, in hundredths of a second.
spent() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }

# fetch URI SIZE: prints seconds and the server's processor seconds.
fetch() {
  local before after begin end
  before=$(spent "$simulator") begin=$EPOCHREALTIME
  "$client" get "$1/log" --block-size "$2" --output "$work/text" 2>"$work/client.log" ||
    fail "the client failed: $(tail -1 "$work/client.log")"
  end=$EPOCHREALTIME after=$(spent "$simulator")
  [ "$(stat -c %s "$work/text")" = "$websocket_byte_count" ] || fail "the client has not got all of the text"
  awk -v begin="${begin/,/.}" -v end="${end/,/.}" -v before="$before" -v after="$after" \
    'BEGIN { printf "%.6f %.2f\n", end - begin, (after - before) / 100 }'
}

# print_websocket FILE: the table, out of lines "NAME|SECONDS PROCESSOR-SECONDS", whose first case is that of plain TCP.
print_websocket() {
  awk -F '|' -v bytes="$websocket_byte_count" '
    function median(list, count,   i, j, swap) {
      for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++)
        if (list[j] < list[i]) { swap = list[i]; list[i] = list[j]; list[j] = swap }
      return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
    }
    {
      split($2, figure, " ")
      if (!($1 in rounds)) order[++cases] = $1
      round = ++rounds[$1]
      rate[$1, round] = bytes / 1e6 / figure[1]
      cost[$1, round] = figure[2] * 1e9 / bytes
    }
    END {
      for (i = 1; i <= cases; i++) {
        name = order[i]
        for (j = 1; j <= rounds[name]; j++) { a[j] = rate[name, j]; b[j] = cost[name, j] }
        speed = median(a, rounds[name]); used = median(b, rounds[name])
        # Each pair is plain TCP and then WebSocket.
        if (i % 2 == 1) { first_speed = speed; first_time = used }
        printf "%-22s %11.1f %7.2f %11.1f %7.2f\n", name, speed, speed / first_speed, used,
          (first_time > 0 ? used / first_time : 0)
      }
    }' "$1"
}

websocket() {
  local rounds=5 round size name scheme port
  local simulator plain_port web_port binary=${SIMULATOR_BIN:-$root/.build/release/simulator}
  local client=${COAP_BIN:-$root/.build/release/coap}
  while [ $# -gt 0 ]; do
    case $1-${2:-} in
      --rounds-[1-9]*) rounds=$2 ;;
      *) fail "websocket does not know: $* (see --help)" ;;
    esac
    shift 2
  done
  if [ ! -x "$binary" ] || [ ! -x "$client" ]; then
    fail "no simulator or no client: toolchain/simulate --help builds them"
  fi
  output=$output/websocket
  mkdir -p "$output"
  trap end_servers EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d "$output/run.XXXXXX")
  start_simulator --listen coap+tcp://127.0.0.1:0 --listen coap+ws://127.0.0.1:0 --log-size "$websocket_byte_count"
  web_port=$(sed -n 's/^listening on coap+ws:.*:\([0-9]*\)$/\1/p' "$work/simulator.log")

  for ((round = 1; round <= rounds; round++)); do
    for size in bert 1024; do
      for scheme in tcp ws; do
        port=$plain_port
        if [ $scheme = ws ]; then port=$web_port; fi
        echo "coap+$scheme, $size|$(fetch "coap+$scheme://127.0.0.1:$port" $size)" >>"$work/figures"
      done
    done
  done

  say "$((websocket_byte_count / 1048576)) MiB, one block at a time, median of $rounds; ratios are to plain TCP; $(uname -m)"
  printf '%-22s %11s %7s %11s %7s\n' '' 'MB a second' 'ratio' 'CPU ns/byte' 'ratio'
  print_websocket "$work/figures"
}
