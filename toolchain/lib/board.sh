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

# build_image BOARD CORE PRODUCT: builds PRODUCT of Boards/BOARD and sets image to the path of the result. Is false
# when it does not build. The environment variable PICOLIBC names another place of picolibc than Debian's.
build_image() {
  local picolibc=${PICOLIBC:-/usr/lib/picolibc}
  select_core "$2"
  [ -d "$picolibc/$libc" ] || need_package "picolibc-${libc%%/*}"
  [ -d "$picolibc/$libc" ] || fail "no $picolibc/$libc: set PICOLIBC to the directory of picolibc"
  image=$root/Boards/$1/.build/$2/release/$3
  # SwiftPM does not notice new files of a package that it depends on by path.
  rm -f "$root/Boards/$1/.build/$2/release.yaml"
  (
    cd "$root/Boards/$1" || exit
    exec swift build --build-system native -c release --product "$3" --scratch-path ".build/$2" --triple "$triple" \
      --toolset ../../toolchain/embedded.json --toolset "../../toolchain/$2.json" --toolset toolset.json \
      -Xcc "-isystem$picolibc/${libc%%/*}/include" -Xlinker "-L$picolibc/$libc"
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
