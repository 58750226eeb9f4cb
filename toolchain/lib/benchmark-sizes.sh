# shellcheck shell=bash disable=SC2154
# What a body costs by its size, from our simulator. Sourced by toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=benchmark-blocks.sh
source "$root/toolchain/lib/benchmark-blocks.sh"

sizes() {
  local size seconds=0.5 figures
  local simulator plain_port libcoap libcoap_port binary=${SIMULATOR_BIN:-$root/.build/release/simulator}
  while [ $# -gt 0 ]; do
    case $1-${2:-} in
      --seconds-*) seconds=$2; shift 2 ;;
      *) fail "what is $1? (see --help)" ;;
    esac
  done
  [ -x "$binary" ] || fail "$binary is not built: toolchain/simulate --help builds it"
  command -v gcc >/dev/null || need_package gcc libc6-dev
  gcc -O2 -o "$output/download" "$root/Benchmarks/blocks/download.c"
  trap end_servers EXIT
  work=$(mktemp -d)
  printf '%10s %10s %14s %12s %16s\n' bytes requests microseconds 'MB a second' 'CPU ns a byte'
  for size in 16 256 1024 8192 65536 1048576; do
    start_simulator --listen coap+tcp://127.0.0.1:0 --log-size "$size"
    block_byte_count=$size
    read -r -a figures <<<"$(download ours 7)" || fail "no figures for $size bytes"
    awk -v size="$size" '{
      bodies = $1 / size
      printf "%10d %10.0f %14.1f %12.1f %16.2f\n", size, $2 / bodies, $3 / bodies * 1e6, $1 / 1e6 / $3, $4 * 1e9 / $1
    }' <<<"${figures[*]}"
    kill "${servers[@]}"
    wait "${servers[@]}" 2>/dev/null || true
    servers=()
  done
}
