# shellcheck shell=bash disable=SC2154
# What a body costs by its size, down and up, from and to our simulator and libcoap's server. Sourced by
# toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=benchmark-servers.sh
source "$root/toolchain/lib/benchmark-servers.sh"

# transfer DIRECTION PEER SZX BYTES: prints microseconds a body and the server's processor nanoseconds a body.
transfer() {
  local port=$plain_port process=$simulator path figures
  case $1-$2 in
    download-ours) path=log ;;
    upload-ours) path=firmware ;;
    *) path=example_data port=$libcoap_port process=$libcoap ;;
  esac
  figures=$(taskset -c 0 "$output/$1" "$port" "$path" "$3" "$4" "$seconds" "$process") ||
    fail "no figures for $4 bytes, $1, $2"
  awk -v size="$4" '{ bodies = $1 / size; print $3 / bodies * 1e6, $4 / bodies * 1e6 }' <<<"$figures"
}

sizes() {
  local size seconds=0.3 direction name bert ours theirs
  local simulator plain_port libcoap libcoap_port binary=${SIMULATOR_BIN:-$root/.build/release/simulator}
  while [ $# -gt 0 ]; do
    case $1-${2:-} in
      --seconds-*) seconds=$2; shift 2 ;;
      *) fail "what is $1? (see --help)" ;;
    esac
  done
  [ -x "$binary" ] || fail "$binary is not built: toolchain/simulate --help builds it"
  command -v gcc >/dev/null || need_package gcc libc6-dev
  command -v coap-server-openssl >/dev/null || need_package libcoap3-bin
  output=$output/blocks
  mkdir -p "$output"
  for name in download upload; do
    gcc -O2 -Wall -Wextra -Werror -o "$output/$name" "$root/Benchmarks/blocks/$name.c"
  done
  trap end_servers EXIT
  work=$(mktemp -d)
  say 'Microseconds for a body, and those that the server has run, one request at a time'
  printf '%9s %9s | %29s | %36s\n' '' '' 'by the clock' 'by the processor'
  printf '%9s %9s | %9s %9s %9s | %9s %9s %9s %6s\n' '' bytes BERT 1024 libcoap BERT 1024 libcoap ratio
  for direction in download upload; do
    for size in 16 256 1024 8192 65536 1048576; do
      start_simulator --listen coap+tcp://127.0.0.1:0 --log-size "$size"
      start_libcoap -d 1
      head -c "$size" /dev/zero | tr '\0' x >"$work/body"
      coap-client-openssl -B 20 -m put -b 1024 -f "$work/body" "coap+tcp://127.0.0.1:$libcoap_port/example_data" \
        >"$work/put.log" 2>&1
      pin_servers
      bert=$(transfer "$direction" ours 7 "$size")
      ours=$(transfer "$direction" ours 6 "$size")
      # libcoap 4.3.1 neither puts BERT blocks together nor sends small bodies in them.
      theirs=$(transfer "$direction" libcoap 6 "$size")
      awk -v direction="$direction" -v size="$size" '{
        printf "%9s %9d | %9.1f %9.1f %9.1f | %9.1f %9.1f %9.1f %6.2f\n",
          direction, size, $1, $3, $5, $2, $4, $6, $6 / $4
      }' <<<"$bert $ours $theirs"
      kill "${servers[@]}"
      wait "${servers[@]}" 2>/dev/null || true
      servers=()
    done
  done
}
