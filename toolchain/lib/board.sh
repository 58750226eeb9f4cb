# shellcheck shell=bash disable=SC2034,SC2154
# Building for a board and running it. Sourced after common.sh.

# select_core CORE: sets triple, and the directory of picolibc's library for that core. CORE is the name of a toolset.
select_core() {
  case $1 in
    cortex-m0plus) triple=armv6m-none-none-eabi libc=arm-none-eabi/lib/thumb/v6-m/nofp ;;
    cortex-m3) triple=armv7-none-none-eabi libc=arm-none-eabi/lib/thumb/v7-m/nofp ;;
    cortex-m4) triple=armv7em-none-none-eabi libc=arm-none-eabi/lib/thumb/v7e-m/nofp ;;
    riscv32) triple=riscv32-none-none-eabi libc=riscv64-unknown-elf/lib/rv32imac/ilp32 ;;
    wasm32) triple=wasm32-unknown-none-wasm libc='' ;;
    *) fail "unknown core: $1" ;;
  esac
}

# build_image BOARD CORE PRODUCT [FLAG...]: builds PRODUCT of Boards/BOARD, with more flags for swift build, and sets
# image to the path of the result. Is false when it does not build. The environment variable PICOLIBC names another place
# of picolibc than Debian's. With image.json swiftc gives bitcode, and the linker optimises all of it at once: an eighth
# less flash.
build_image() {
  local picolibc=${PICOLIBC:-/usr/lib/picolibc}
  select_core "$2"
  [ -d "$picolibc/$libc" ] || need_package "picolibc-${libc%%/*}"
  [ -d "$picolibc/$libc" ] || fail "no $picolibc/$libc: set PICOLIBC to the directory of picolibc"
  image=$root/Boards/$1/.build/$2/release/$3
  mkdir -p "$root/Boards/$1/.build"
  (
    cd "$root/Boards/$1" || exit
    # One after the other: what is removed here may be what another build is about to read.
    exec {lock}>".build/$2.lock" && flock "$lock" || exit
    # SwiftPM does not notice new files of a package that it depends on by path, nor headers behind a module map.
    rm -f ".build/$2/release.yaml"
    if [ -n "$(find "$root/Sources/Port" -name '*.h' -newer "$image" 2>/dev/null)" ]; then
      rm -rf ".build/$2/$triple/release"
    fi
    # Nor a linker script.
    if [ -n "$(find "$root/Boards" -name '*.ld' -newer "$image" 2>/dev/null)" ]; then rm -f "$image"; fi
    exec swift build --build-system native -c release --product "$3" --scratch-path ".build/$2" --triple "$triple" \
      --toolset ../../toolchain/embedded.json --toolset ../../toolchain/image.json --toolset "../../toolchain/$2.json" \
      --toolset toolset.json \
      -Xcc "-isystem$picolibc/${libc%%/*}/include" -Xlinker "-L$picolibc/$libc" "${@:4}"
  )
}

# run_watched SECONDS LAST COMMAND...: runs COMMAND and shows its output as it comes. Ends it after a line that matches
# the pattern LAST (none when empty), or when SECONDS have passed. Sets output, status (of COMMAND; 0 when it was ended at LAST) and
# ended (itself, last or timeout).
run_watched() {
  local deadline=$((SECONDS + $1)) last=$2 line left read_status stream
  shift 2
  output='' status=0 ended=itself
  exec {stream}< <(exec "$@" 2>&1 </dev/null)
  watched=$!
  trap 'kill "$watched" 2>/dev/null || true' EXIT
  while true; do
    left=$((deadline - SECONDS))
    if [ $left -le 0 ]; then ended=timeout; break; fi
    read_status=0
    IFS= read -r -t "$left" line <&"$stream" || read_status=$?
    if [ "$read_status" -gt 128 ]; then ended=timeout; fi
    line=${line%$'\r'}
    if [ "$read_status" -eq 0 ] || [ -n "$line" ]; then
      printf '%s\n' "$line"
      output+=$line$'\n'
    fi
    if [ "$read_status" -ne 0 ]; then break; fi
    # shellcheck disable=SC2053 # a pattern it is
    if [ -n "$last" ] && [[ $line == $last ]]; then ended=last; break; fi
  done
  if [ "$ended" != itself ]; then kill "$watched" 2>/dev/null || true; fi
  wait "$watched" || status=$?
  if [ "$ended" = last ]; then status=0; fi
  trap - EXIT
  exec {stream}<&-
}

# explain_fault IMAGE: names the functions at the addresses in a "fault:" line of output.
explain_fault() {
  local line field address symbolizer
  line=$(grep '^fault:' <<<"$output" | head -1) || return 0
  symbolizer=$(llvm_tool symbolizer)
  for field in pc lr; do
    address=$(sed -n "s/.* $field \(0x[0-9a-f]*\).*/\1/p" <<<"$line")
    [ -n "$address" ] || continue
    say "$field $address is in"
    "$symbolizer" --obj="$1" --inlines --basenames --pretty-print "$address" |
      swift demangle --simplified | grep -v -e '^$' -e ' at ??' || echo "no known function"
  done
}

# boards [all]: the boards with a network, or all that have a board.sh, on one line.
boards() {
  local file names=()
  for file in "$root"/Boards/*/board.sh; do
    if [ "${1:-}" = all ] || grep -q '^emulated_network=' "$file"; then names+=("$(basename "$(dirname "$file")")"); fi
  done
  echo "${names[*]}"
}

# build_networked BOARD PRODUCT [FLAG...]: builds PRODUCT of BOARD with lwIP and mbedTLS, with more flags for swift build,
# and sets image and all that its board.sh sets.
build_networked() {
  # shellcheck source=/dev/null
  source "$root/Boards/$1/board.sh"
  [ -n "${emulated_network+set}" ] || fail "$1 has no network: toolchain/scenarios $1 runs what it has"
  build_lwip "$core" "${lwip_options[@]}"
  build_mbedtls "$core" "$mbedtls_profile" "${mbedtls_options[@]}"
  # Nothing is linked for the sake of a module map on a board.
  build_image "$1" "$core" "$2" "${lwip_flags[@]}" "${mbedtls_flags[@]}" -Xlinker -lmbedtls "${@:3}"
}

# build_firmware BOARD [FLAG...]: the same for what runs on BOARD.
build_firmware() { build_networked "$1" FirmwareImage "${@:2}"; }

# symbol_address IMAGE NAME: the address of a symbol, as 0x1234.
symbol_address() {
  local address
  address=$("$(llvm_tool nm)" "$1" | awk -v name="$2" '$3 == name { print $1 }')
  [ -n "$address" ] || fail "${1##*/} has no $2"
  echo "0x$address"
}
