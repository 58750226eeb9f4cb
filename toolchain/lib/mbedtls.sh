# shellcheck shell=bash disable=SC2034,SC2154
# mbedTLS with the boards' own configuration. Sourced after common.sh, board.sh and sources.sh.

# build_mbedtls TARGET PROFILE [-DNAME=VALUE...]: compiles the library, unless that was done, into
# .build/mbedtls/TARGET/PROFILE (with a number behind it when there are options), and prints where. TARGET is host or a
# core, PROFILE a file in Sources/Port/CMbedTLS/configuration without .h. Sets
#   mbedtls_path    the directory: all of the library is libmbedtls.a; libmbedx509.a and libmbedcrypto.a are empty, for
#                   those who link the three by name
#   mbedtls_flags   what swift build needs to compile and link against it
build_mbedtls() {
  local target=$1 profile=$2 configuration=$root/Sources/Port/CMbedTLS/configuration option compiler flags wanted
  shift 2
  [ -f "$configuration/$profile.h" ] || fail "unknown profile of mbedTLS: $profile"
  fetch_source mbedtls
  select_mbedtls_flags "$target"
  flags+=("-I$configuration" "-I$source_path/include" "-DMBEDTLS_CONFIG_FILE=<$profile.h>" "$@")
  mbedtls_path=$root/.build/mbedtls/$target/$profile
  if [ $# -gt 0 ]; then mbedtls_path+=-$(cksum <<<"$*" | cut -d ' ' -f 1); fi
  mbedtls_flags=(-Xlinker "-L$mbedtls_path")
  for option in "-I$configuration" "-I$source_path/include" "-DMBEDTLS_CONFIG_FILE=<$profile.h>" "$@"; do
    mbedtls_flags+=(-Xcc "$option")
  done
  wanted=$({ "$compiler" --version; printf '%s\n' "${flags[@]}"; cat "$configuration"/*.[ch]; } | sha256sum)
  mkdir -p "$mbedtls_path"
  # One at a time: another command may be building the same.
  (flock 9 && compile_mbedtls) 9>"$mbedtls_path/lock" || exit
  echo "mbedTLS: ${mbedtls_path#"$root"/}"
}

# compile_mbedtls: what build_mbedtls does, with its variables.
compile_mbedtls() {
  local archiver objects=$mbedtls_path/objects
  if [ "$(cat "$mbedtls_path/stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "Compiling mbedTLS, $profile for $target"
  rm -rf "$objects" "$mbedtls_path"/*.a "$mbedtls_path/stamp"
  mkdir "$objects"
  # What a profile leaves out compiles to nothing.
  (
    cd "$objects" || exit
    printf '%s\0' "$source_path"/library/*.c "$configuration"/*.c |
      xargs -0 -n 10 -P "$(nproc)" "$compiler" -c "${flags[@]}"
  ) || fail "could not compile mbedTLS for $target"
  archiver=$(llvm_tool ar)
  "$archiver" rcs "$mbedtls_path/libmbedtls.a" "$objects"/*.o || fail "could not make libmbedtls.a"
  "$archiver" rcs "$mbedtls_path/libmbedx509.a"
  "$archiver" rcs "$mbedtls_path/libmbedcrypto.a"
  rm -rf "$objects"
  echo "$wanted" >"$mbedtls_path/stamp"
}

# select_mbedtls_flags TARGET: sets compiler and flags to those of the C code around the library.
select_mbedtls_flags() {
  local triple libc picolibc=${PICOLIBC:-/usr/lib/picolibc} toolset
  compiler=$(dirname "$(realpath "$(command -v swift)")")/clang
  [ -x "$compiler" ] || compiler=$(command -v clang) || fail "clang is missing: it comes with Swift"
  if [ "$1" = host ]; then
    flags=(-Os -g -fPIC -ffunction-sections -fdata-sections)
    return
  fi
  select_core "$1"
  [ -d "$picolibc/$libc" ] || need_package "picolibc-${libc%%/*}"
  [ -d "$picolibc/$libc" ] || fail "no $picolibc/$libc: set PICOLIBC to the directory of picolibc"
  flags=("--target=$triple" "-isystem$picolibc/${libc%%/*}/include")
  for toolset in embedded "$1"; do
    # The strings of cCompiler.extraCLIOptions.
    mapfile -t -O ${#flags[@]} flags < <(tr -d '\n' <"$root/toolchain/$toolset.json" |
      sed 's/.*"cCompiler"[^[]*\[\([^]]*\)\].*/\1/' | grep -o '"[^"]*"' | tr -d '"')
  done
}

# size_mbedtls TARGET PROFILE [-DNAME=VALUE...]: builds it, and prints what it takes in a firmware with both roles: text,
# data and bss in bytes, linked without what is not called, without C library and arena.
size_mbedtls() {
  local compiler flags function roots=() image
  build_mbedtls "$@"
  select_mbedtls_flags "$1"
  for function in ctr_drbg_{seed,random} ssl_config_{defaults,free} ssl_conf_{rng,alpn_protocols,max_frag_len,psk,psk_cb} \
    ssl_conf_{sni,session_tickets,session_tickets_cb} ssl_ticket_{setup,write,parse,free} ssl_session_{save,load,free} \
    ssl_{setup,set_bio,set_hostname,set_hs_psk,handshake,read,write,close_notify,free} \
    ssl_{get_session,set_session,get_alpn_protocol}; do
    roots+=("-Wl,--undefined=mbedtls_$function")
  done
  if [ "$2" = certificates ]; then
    for function in x509_crt_{parse_der_nocopy,free} pk_{parse_key,free} ssl_conf_{ca_chain,own_cert,authmode,verify}; do
      roots+=("-Wl,--undefined=mbedtls_$function")
    done
  fi
  image=$mbedtls_path/size
  "$compiler" "${flags[@]}" -nostdlib -static -fuse-ld=lld -Wl,--gc-sections -Wl,--entry=mbedtls_ssl_handshake \
    -Wl,--unresolved-symbols=ignore-all "${roots[@]}" "$mbedtls_path/libmbedtls.a" -o "$image" || return
  "$(llvm_tool size)" "$image" | awk 'NR == 2 { print "text " $1 ", data " $2 ", bss " $3 }'
}
