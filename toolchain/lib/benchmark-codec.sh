# shellcheck shell=bash disable=SC2154
# The instructions of the codec, beside libcoap's. Sourced by toolchain/benchmark.

cases=(parse-get parse-content build-get build-content dispatch-get dispatch-content)

# goal CASE: instructions in Embedded mode at -O, as libcoap is built at -O2; no goal, no output.
goal() {
  case $1 in
    parse-get) echo 400 ;;
    parse-content) echo 260 ;;
    build-get) echo 360 ;;
    build-content) echo 290 ;;
  esac
}

build() {
  local sources=$root/Benchmarks/codec
  say "Building codec-libcoap"
  # Linked statically: two of the functions are not exported by the shared library, and no call goes through a stub.
  cc -O2 -Wall -Wextra "-I$sources/swift/Sources/CHarness/include" \
    "$sources/libcoap_codec.c" "$sources/swift/Sources/CHarness/CHarness.c" -l:libcoap-3-notls.a \
    -o "$output/codec-libcoap"
  say "Building codec-swift in Embedded mode, for size"
  build_swift size --toolset "$root/toolchain/embedded-linux.json"
  say "Building codec-swift in Embedded mode, for speed"
  build_swift speed --toolset "$root/toolchain/embedded-linux.json" -Xswiftc -O
  say "Building codec-swift in normal mode"
  build_swift normal
}

# build_swift NAME OPTIONS...: builds the package into a directory of this name. MessageWriter has no public
# initialiser, hence -enable-testing; it changes nothing in Embedded mode.
build_swift() {
  # SwiftPM does not notice new files of a package that it depends on by path.
  rm -f "$output/$1/release.yaml"
  swift build --package-path "$root/Benchmarks/codec/swift" -c release --scratch-path "$output/$1" "${@:2}" \
    -Xswiftc -enable-testing
}

# total COMMAND...: all instructions of one run.
total() {
  local log
  log=$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1) || fail "$* failed: $log"
  grep -oP '^==\d+== Collected : \K\d+$' <<<"$log" || fail "valgrind did not count: $log"
}

# count PROGRAM CASE: instructions per message.
count() {
  local few many
  few=$(total "$1" "$2" 1000)
  many=$(total "$1" "$2" 11000)
  echo $(((many - few + 5000) / 10000))
}

codec() {
  local name speed size normal libcoap wanted verdict missed=0 strict=no
  case $* in
    '') ;;
    --strict) strict=yes ;;
    *) fail "codec does not know: $* (see --help)" ;;
  esac
  need_swift
  command -v valgrind >/dev/null || need_package valgrind
  command -v cc >/dev/null || need_package gcc libc6-dev
  need_package libcoap3-dev
  build

  say "Instructions per message; libcoap $(dpkg-query --show --showformat '${Version}' libcoap3-dev)," \
    "$(swift --version 2>/dev/null | grep -o 'Swift version [0-9.]*'), $(uname -m)"
  printf '%-16s %7s %7s %7s %8s %7s %6s %s\n' case speed size normal libcoap ratio goal met
  for name in "${cases[@]}"; do
    speed=$(count "$output/speed/release/codec-swift" "$name")
    size=$(count "$output/size/release/codec-swift" "$name")
    normal=$(count "$output/normal/release/codec-swift" "$name")
    libcoap=$(count "$output/codec-libcoap" "$name")
    wanted=$(goal "$name") verdict=''
    if [ -n "$wanted" ]; then
      verdict=yes
      if [ "$speed" -ge "$wanted" ]; then verdict=no missed=$((missed + 1)); fi
    fi
    printf '%-16s %7d %7d %7d %8d %5d.%d %6s %s\n' "$name" "$speed" "$size" "$normal" "$libcoap" \
      $((libcoap / speed)) $((libcoap * 10 / speed % 10)) "${wanted:+<$wanted}" "$verdict"
  done
  if [ "$missed" -eq 0 ]; then good "All goals are met."; else bad "$missed goals are missed."; fi
  [ "$missed" -eq 0 ] || [ "$strict" = no ]
}
