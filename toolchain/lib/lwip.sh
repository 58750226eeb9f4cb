# shellcheck shell=bash disable=SC2034,SC2154
# lwIP with the port layer that all boards share. Sourced after common.sh, board.sh, sources.sh and mbedtls.sh.

# build_lwip CORE [-DNAME=VALUE...]: compiles lwIP and Sources/Port/CLwIP, unless that was done, into
# .build/lwip/CORE/liblwip.a (with a number behind CORE when there are options), and prints where. Sets
#   lwip_path    the directory
#   lwip_flags   what swift build needs to link against it
build_lwip() {
  local core=$1 port=$root/Sources/Port/CLwIP compiler flags wanted
  shift
  fetch_source lwip
  select_mbedtls_flags "$core" # they are those of all C code
  flags+=(-g "-I$port" "-I$source_path/src/include" "$@")
  lwip_path=$root/.build/lwip/$core
  if [ $# -gt 0 ]; then lwip_path+=-$(cksum <<<"$*" | cut -d ' ' -f 1); fi
  lwip_flags=(-Xlinker "-L$lwip_path" -Xlinker -llwip)
  wanted=$({ "$compiler" --version; printf '%s\n' "${flags[@]}"; cat "$port"/*.[ch] "$port"/arch/*.h; } | sha256sum)
  mkdir -p "$lwip_path"
  # One at a time: another command may be building the same.
  (flock 9 && compile_lwip) 9>"$lwip_path/lock" || exit
  echo "lwIP: ${lwip_path#"$root"/}"
}

# compile_lwip: what build_lwip does, with its variables.
compile_lwip() {
  local objects=$lwip_path/objects
  if [ "$(cat "$lwip_path/stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
  say "Compiling lwIP for $core"
  rm -rf "$objects" "$lwip_path/liblwip.a" "$lwip_path/stamp"
  mkdir "$objects"
  # What lwipopts.h leaves out compiles to nothing.
  (
    cd "$objects" || exit
    "$compiler" -c "${flags[@]}" -Wall -Wextra -Werror "$port"/CLwIP.c || exit
    printf '%s\0' "$source_path"/src/core/*.c "$source_path"/src/core/ipv4/*.c "$source_path"/src/netif/ethernet.c |
      xargs -0 -n 10 -P "$(nproc)" "$compiler" -c "${flags[@]}"
  ) || fail "could not compile lwIP for $core"
  "$(llvm_tool ar)" rcs "$lwip_path/liblwip.a" "$objects"/*.o || fail "could not make liblwip.a"
  rm -rf "$objects"
  echo "$wanted" >"$lwip_path/stamp"
}
