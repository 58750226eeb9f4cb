# shellcheck shell=bash disable=SC2154
# A mebibyte in blocks from our simulator, with BERT and with blocks of 1024 bytes, and from libcoap's server. Sourced by
# toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=benchmark-servers.sh
source "$root/toolchain/lib/benchmark-servers.sh"

block_byte_count=1048576
# NAME:PEER:SZX
block_cases=(
  'ours, BERT:ours:7'
  'ours, 1024:ours:6'
  'libcoap, BERT:libcoap:7'
  'libcoap, 1024:libcoap:6'
)

# resident PROCESS: its memory in kilobytes.
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$1/status"; }

# download PEER SZX: prints bytes, requests, seconds and processor seconds.
download() {
  local port=$plain_port process=$simulator path=log
  if [ "$1" = libcoap ]; then port=$libcoap_port process=$libcoap path=example_data; fi
  "$output/download" "$port" "$path" "$2" "$block_byte_count" "$seconds" "$process"
}

# print_blocks FILE: the table, out of lines "ROUND NAME|BYTES REQUESTS SECONDS PROCESSOR-SECONDS". Ratios are those of the
# medians to the first case's.
print_blocks() {
  awk -F '|' '
    function median(list, count,   i, j, swap) {
      for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++)
        if (list[j] < list[i]) { swap = list[i]; list[i] = list[j]; list[j] = swap }
      return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
    }
    {
      split($2, figure, " ")
      if (!($1 in rounds)) order[++cases] = $1
      round = ++rounds[$1]
      rate[$1, round] = figure[1] / 1e6 / figure[3]
      cost[$1, round] = figure[4] * 1e9 / figure[1]
      requests[$1] = figure[2] / (figure[1] / 1048576)
    }
    END {
      for (i = 1; i <= cases; i++) {
        name = order[i]
        for (j = 1; j <= rounds[name]; j++) { a[j] = rate[name, j]; b[j] = cost[name, j] }
        speed = median(a, rounds[name]); spent = median(b, rounds[name])
        if (i == 1) { first_speed = speed; first_spent = spent }
        printf "%-16s %9.0f %11.1f %7.2f %11.1f %7.2f\n", name, requests[name], speed, first_speed / speed, spent,
          spent / first_spent
      }
    }' "$1"
}

blocks() {
  local case name peer szx rounds=5 seconds=1 round before after
  local simulator plain_port libcoap libcoap_port binary=${SIMULATOR_BIN:-$root/.build/release/simulator}
  while [ $# -gt 0 ]; do
    case $1-${2:-} in
      --rounds-[1-9]*) rounds=$2 ;;
      --seconds-[0-9]*) seconds=$2 ;;
      *) fail "blocks does not know: $* (see --help)" ;;
    esac
    shift 2
  done
  if [[ $("$binary" serve --help 2>/dev/null) != *--log-size* ]]; then
    fail "no simulator with --log-size at $binary: toolchain/simulate --help builds it"
  fi
  command -v cc >/dev/null || need_package gcc libc6-dev
  need_package libcoap3-bin
  output=$output/blocks
  mkdir -p "$output"
  cc -O2 -Wall -Wextra -Werror "$root/Benchmarks/blocks/download.c" -o "$output/download"

  trap end_servers EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d "$output/run.XXXXXX")
  start_simulator --listen coap+tcp://127.0.0.1:0 --log-size "$block_byte_count"
  start_libcoap -d 1
  head -c "$block_byte_count" /dev/zero | tr '\0' x >"$work/body"
  # Blocks of 1024: libcoap 4.3.1 does not put BERT blocks together.
  coap-client-openssl -B 20 -m put -b 1024 -f "$work/body" "coap+tcp://127.0.0.1:$libcoap_port/example_data" \
    >"$work/put.log" 2>&1
  # Whatever is allocated once is there then.
  for peer in ours libcoap; do seconds=0 download "$peer" 6 >/dev/null; done
  before=$(resident "$simulator")

  for ((round = 1; round <= rounds; round++)); do
    for case in "${block_cases[@]}"; do
      IFS=: read -r name peer szx <<<"$case"
      echo "$name|$(download "$peer" "$szx")" >>"$work/figures"
    done
  done
  after=$(resident "$simulator")

  say "A mebibyte, one block at a time; median of $rounds rounds of $seconds s;" \
    "libcoap $(dpkg-query --show --showformat '${Version}' libcoap3-bin), $(uname -m)"
  printf '%-16s %9s %11s %7s %11s %7s\n' '' '' 'MB a second' '' 'CPU ns/byte' ''
  printf '%-16s %9s %11s %7s %11s %7s\n' server requests '' slower '' more
  print_blocks "$work/figures"
  echo "The simulator's memory: $before kB before, $after kB after"
}
