# shellcheck shell=bash disable=SC2154
# What a connection takes of the arena of a board's mbedTLS. Sourced by toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=sources.sh
source "$root/toolchain/lib/sources.sh"
# shellcheck source-path=SCRIPTDIR source=mbedtls.sh
source "$root/toolchain/lib/mbedtls.sh"
# shellcheck source-path=SCRIPTDIR source=benchmark-certificates.sh
source "$root/toolchain/lib/benchmark-certificates.sh"

sizes=(512 1024 2048 4096 8192 16384)
# PROFILE:ARRANGEMENT:TITLE
arrangements=(
  'psk:psk:Pre-shared key'
  'certificates:psk:Pre-shared key with forward secrecy (ECDHE)'
  'certificates:chain-1:Certificates, the server sends 1'
  'certificates:chain-3:Certificates, the server sends 3'
)
work=''

# build_program PROFILE: compiles the program for the profile as it is.
build_program() {
  build_mbedtls host "$1" || return
  program_flags=("${mbedtls_flags[@]}")
  # SwiftPM does not notice new files of a package that it depends on by path.
  rm -f "$output/$1/release.yaml"
  link_program "$1" "$1"
}

# link_program PROFILE NAME: makes $output/NAME out of what is compiled and the library that was built last. The
# program is not compiled again: no header that Swift reads depends on how long records are.
link_program() {
  local flags=(-Xlinker "-L$mbedtls_path" "${program_flags[@]:2}")
  swift build --package-path "$root/Benchmarks/tls/memory" -c release --scratch-path "$output/$1" "${flags[@]}" \
    >"$output/$1.log" 2>&1 || { cat "$output/$1.log"; fail "tls-memory does not build"; }
  cp "$output/$1/release/tls-memory" "$output/tls-memory-$2"
}

# make_credentials: an authority, and a server with no and with two authorities in between, as DER.
make_credentials() (
  umask 077
  cd "$work" || exit
  make_authority authority
  make_certificate server authority server
  make_certificate intermediate-1 authority intermediate
  make_certificate intermediate-2 intermediate-1 intermediate
  make_certificate below intermediate-2 server server
  for name in authority server below intermediate-1 intermediate-2; do
    openssl x509 -in "$name.pem" -outform DER -out "$name.der"
  done
  openssl pkcs8 -topk8 -nocrypt -in server.key -outform DER -out server.key.der
)

# measure PROFILE SIZE ARRANGEMENT...: adds what the program of that profile and size says to $work/figures.
measure() {
  "$output/tls-memory-$1-$2" "$work" measure "${@:3}" >"$work/lines" || fail "tls-memory failed: $(cat "$work/lines")"
  sed "s/^/$1 $2 /" "$work/lines" >>"$work/figures"
}

# print_table PROFILE ARRANGEMENT TITLE
print_table() {
  local bytes
  printf '\n'
  say "$3"
  case $2 in
    chain-1) bytes=$(wc -c <"$work/server.der") ;;
    chain-3) bytes=$(cat "$work/below.der" "$work/intermediate-"[12].der | wc -c) ;;
    *) bytes=0 ;;
  esac
  if [ "$bytes" -gt 0 ]; then echo "($bytes bytes of certificates)"; fi
  printf '%10s %10s %8s %8s   %10s %8s %8s\n' '' 'as server' '' '' 'as client' '' ''
  printf '%10s %10s %8s %8s   %10s %8s %8s\n' records peak steady arena peak steady arena
  awk -v profile="$1" -v arrangement="$2" '
    # profile, size, "connection", arrangement, role, peak, steady, arena; or "failed", arrangement, role, and why
    $1 == profile && $4 == arrangement {
      if ($5 == "server") sizes[++n] = $2
      found[$2, $5] = $3 == "connection" ? sprintf("%10d %8d %8d", $6, $7, $8) : ""
      why = $0; for (i = 0; i < 5; i++) sub(/^[^ ]+ /, "", why); reason[$2, $5] = why
    }
    END {
      for (i = 1; i <= n; i++) {
        size = sizes[i]
        if (found[size, "server"] != "" && found[size, "client"] != "")
          printf "%10s %s   %s\n", size, found[size, "server"], found[size, "client"]
        else
          printf "%10s  no handshake: server %s, client %s\n", size, reason[size, "server"], reason[size, "client"]
      }
    }' "$work/figures"
}

print_fixed_costs() {
  printf '\n'
  say "What stays as long as the context: bytes of the arena, and bytes of RAM that the firmware gives itself"
  "$output/tls-memory-certificates-default" "$work" fixed psk chain-1 chain-3 | awk '
    # "fixed", arrangement, role, part, bytes; or "static", type, bytes
    {
      part = $4
      if (part == "certificates") part = $2 == "chain-1" ? "1 certificate, key" : "3 certificates, key"
      line = $1 == "fixed" ? sprintf("  arena  %-8s %-24s %6d", $3, part, $5) : sprintf("  RAM    %-33s %6d", $2, $3)
    }
    line in seen { next }
    { seen[line] = 1 }
    $1 == "fixed" { print line }
    $1 == "static" { rest = rest line "\n" }
    END { printf "%s", rest }'
}

print_tables() {
  local profile arrangement title size entry names
  for profile in psk certificates; do
    names=(psk)
    if [ "$profile" = certificates ]; then names+=(chain-1 chain-3); fi
    say "Building for the profile $profile"
    build_program "$profile"
    for size in "${sizes[@]}"; do
      build_mbedtls host "$profile" "-DMBEDTLS_SSL_IN_CONTENT_LEN=$size" "-DMBEDTLS_SSL_OUT_CONTENT_LEN=$size"
      link_program "$profile" "$profile-$size"
      measure "$profile" "$size" "${names[@]}"
    done
    build_mbedtls host "$profile"
    link_program "$profile" "$profile-default"
    measure "$profile" default "${names[@]}"
  done
  printf '\n'
  say "Bytes of the arena on a 64-bit machine; one of 32 bits takes less."
  echo "  peak     of one connection, while it shakes hands"
  echo "  steady   while it is open"
  echo "  arena    the smallest that does for a context with its keys and one connection, gaps between blocks included"
  echo "  records  the longest content that either side takes and makes; default is the profile's own"
  for entry in "${arrangements[@]}"; do
    IFS=: read -r profile arrangement title <<<"$entry"
    print_table "$profile" "$arrangement" "$title"
  done
  print_fixed_costs
}

# run_checks: passes on what the program prints, and adds up its last lines.
run_checks() {
  local passed=0 failed=0 status line profile arguments
  build_program psk
  build_program certificates
  for arguments in 'certificates fail 1000' 'psk shrink 8 psk' 'certificates shrink 64 psk chain-1 chain-3'; do
    read -r profile arguments <<<"$arguments"
    status=0
    say "$profile: $arguments"
    # shellcheck disable=SC2086 # words they are
    "$output/tls-memory-$profile" "$work" $arguments >"$work/lines" || status=$?
    line=$(tail -1 "$work/lines")
    if [[ $line =~ ^([0-9]+)' passed, '([0-9]+)' failed'$ ]]; then
      sed '$d' "$work/lines"
      passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    else
      cat "$work/lines"
      bad "ended with exit code $status"
      failed=$((failed + 1))
    fi
  done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}

tls_memory() {
  local program_flags mbedtls_flags mbedtls_path
  case $* in
    '' | --check) ;;
    *) fail "tls-memory does not know: $* (see --help)" ;;
  esac
  need_swift
  need_package openssl
  output=$output/tls-memory
  mkdir -p "$output"
  trap 'if [ -n "$work" ]; then rm -rf "$work"; fi' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d "$output/run.XXXXXX")
  make_credentials
  if [ $# -eq 0 ]; then print_tables; else run_checks; fi
}
