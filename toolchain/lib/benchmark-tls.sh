# shellcheck shell=bash disable=SC2154
# Handshakes and bulk data of our simulator and of libcoap's server, under the same load. Sourced by toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=benchmark-certificates.sh
source "$root/toolchain/lib/benchmark-certificates.sh"
# shellcheck source-path=SCRIPTDIR source=benchmark-servers.sh
source "$root/toolchain/lib/benchmark-servers.sh"

# NAME:MODE:SUITE:KEYS. Both servers do a row with the same cipher suite; none is plain TCP.
cases=(
  'full, PSK:handshakes:PSK-AES128-CCM8:psk'
  'full, ECDHE-ECDSA:handshakes:ECDHE-ECDSA-AES128-GCM-SHA256:certificate'
  'ticket, PSK:resumed:PSK-AES128-CCM8:psk'
  'ticket, ECDHE-ECDSA:resumed:ECDHE-ECDSA-AES128-GCM-SHA256:certificate'
  'bulk, AES-128-CCM-8:bulk:PSK-AES128-CCM8:psk'
  'bulk, AES-128-GCM:bulk:PSK-AES128-GCM-SHA256:psk'
  'bulk, plain TCP:bulk::plain'
)

# make_credentials: a pre-shared key, an authority and the server's certificate, in the directory of this run.
make_credentials() (
  umask 077
  cd "$work" || exit
  # Letters, because libcoap takes it so; the simulator takes the hex digits of the same bytes.
  openssl rand -hex 8 | tr -d '\n' >key
  echo "load:$(od -An -v -tx1 key | tr -d ' \n')" >psk
  make_authority authority
  make_certificate server authority server
  cat server.pem server.key >both.pem
)

# measure MODE SUITE KEYS PEER: runs the load on one of the servers, and prints amount, seconds and processor seconds.
measure() {
  local port process keys=() more=()
  case $3 in
    psk) keys=(--suite "$2" --psk "load:$(<"$work/key")") ;;
    certificate) keys=(--suite "$2" --ca "$work/authority.pem") ;;
  esac
  case $4-$3 in
    ours-plain) process=$simulator port=$plain_port ;;
    ours-*) process=$simulator port=$tls_port ;;
    libcoap-plain) process=$libcoap_psk port=$libcoap_psk_port ;;
    libcoap-psk) process=$libcoap_psk port=$((libcoap_psk_port + 1)) ;;
    libcoap-certificate) process=$libcoap_certificate port=$((libcoap_certificate_port + 1)) ;;
  esac
  # libcoap has no resource of this size until one is put there.
  if [ "$1-$4" = bulk-libcoap ]; then more=(--path example_data --put); fi
  "$output/load" "$1" "$port" "$seconds" "$process" "${keys[@]}" "${more[@]}"
}

# print_case NAME MODE FILE: one line of the table, out of lines "ours|libcoap AMOUNT SECONDS PROCESSOR-SECONDS".
print_case() {
  awk -v name="$1" -v mode="$2" '
    function median(list, count,   i, j, swap) {
      for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++)
        if (list[j] < list[i]) { swap = list[i]; list[i] = list[j]; list[j] = swap }
      return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
    }
    {
      amount = mode == "bulk" ? $2 / 1e6 : $2
      if ($1 == "ours") { rate[++n] = amount / $3; cost[n] = $4 * 1000 / amount }
      else { rate2[++m] = amount / $3; cost2[m] = $4 * 1000 / amount }
    }
    END {
      ours = median(rate, n); libcoap = median(rate2, m); spent = median(cost, n); spent2 = median(cost2, m)
      printf "%-20s %6s %9.1f %9.1f %6.2f %11.3f %9.3f %6.2f\n", name, mode == "bulk" ? "MB" : "1", ours, libcoap,
        ours / libcoap, spent, spent2, spent / spent2
    }' "$3"
}

tls() {
  local case name mode suite keys peer rounds=5 seconds=1 round
  local simulator tls_port plain_port libcoap libcoap_port libcoap_psk libcoap_psk_port
  local libcoap_certificate libcoap_certificate_port binary=${SIMULATOR_BIN:-$root/.build/release/simulator}
  while [ $# -gt 0 ]; do
    case $1-${2:-} in
      --rounds-[1-9]*) rounds=$2 ;;
      --seconds-[0-9]*) seconds=$2 ;;
      *) fail "tls does not know: $* (see --help)" ;;
    esac
    shift 2
  done
  if [[ $("$binary" serve --help 2>/dev/null) != *--psk-file* ]]; then
    fail "no simulator with TLS at $binary: toolchain/simulate --help builds it"
  fi
  command -v cc >/dev/null || need_package gcc libc6-dev
  need_package libssl-dev openssl libcoap3-bin
  output=$output/tls
  mkdir -p "$output"
  cc -O2 -Wall -Wextra -Werror "$root"/Benchmarks/tls/load/*.c -lssl -lcrypto -o "$output/load"

  trap end_servers EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d "$output/run.XXXXXX")
  make_credentials
  start_simulator --listen coaps+tcp://127.0.0.1:0 --listen coap+tcp://127.0.0.1:0 --psk-file "$work/psk" \
    --cert "$work/server.pem" --key "$work/server.key"
  start_libcoap -k "$(<"$work/key")" -h hint
  libcoap_psk=$libcoap libcoap_psk_port=$libcoap_port
  start_libcoap -c "$work/both.pem" -C "$work/authority.pem" -n
  libcoap_certificate=$libcoap libcoap_certificate_port=$libcoap_port

  for ((round = 1; round <= rounds; round++)); do
    for case in "${cases[@]}"; do
      IFS=: read -r name mode suite keys <<<"$case"
      for peer in ours libcoap; do
        echo "$peer $(measure "$mode" "$suite" "$keys" "$peer")" >>"$work/$name"
      done
    done
  done

  say "Median of $rounds rounds of $seconds s; simulator with mbedTLS" \
    "$(dpkg-query --show --showformat '${Version}' libmbedtls-dev 2>/dev/null || echo '?')," \
    "libcoap $(dpkg-query --show --showformat '${Version}' libcoap3-bin) with" \
    "$(openssl version | cut -d ' ' -f 1-2), $(uname -m)"
  printf '%-20s %6s %9s %9s %6s %11s %9s %6s\n' '' '' 'a second' '' '' 'CPU ms each' '' ''
  printf '%-20s %6s %9s %9s %6s %11s %9s %6s\n' case unit ours libcoap ratio ours libcoap ratio
  for case in "${cases[@]}"; do
    IFS=: read -r name mode suite keys <<<"$case"
    print_case "$name" "$mode" "$work/$name"
  done
}
