# shellcheck shell=bash disable=SC2154
# The instructions of a message on a Cortex-M4. Sourced by toolchain/benchmark.

# shellcheck source-path=SCRIPTDIR source=board.sh
source "$root/toolchain/lib/board.sh"

target_seconds=60

# measure: boots the image, and sets output to its lines.
measure() {
  run_watched $target_seconds 'done' \
    qemu-system-arm -M mps2-an386 -icount shift=0 -display none -monitor none -serial stdio -no-reboot -kernel "$image"
  explain_fault "$image"
  if [ "$ended" != last ]; then fail "the image did not come to its end ($ended, exit code $status)"; fi
  if grep -q FAILED <<<"$output"; then fail "the image could not measure, see above"; fi
}

target() {
  local name instructions bytes first
  [ $# -eq 0 ] || fail "target does not know: $* (see --help)"
  need_swift
  command -v qemu-system-arm >/dev/null || need_package qemu-system-arm
  say "Building TargetBenchmark for mps2-an386"
  build_image ../Benchmarks/target cortex-m4 TargetBenchmark || fail "TargetBenchmark does not build"
  say "Running it twice"
  measure
  first=$output
  measure

  say "Instructions for each on a Cortex-M4 (mps2-an386, -Osize)," \
    "$(swift --version 2>/dev/null | grep -o 'Swift version [0-9.]*')"
  printf '%-16s %12s %10s\n' exchange instructions 'bytes out'
  while read -r name instructions bytes; do
    if [ -n "$instructions" ]; then printf '%-16s %12d %10d\n' "$name" "$instructions" "$bytes"; fi
  done <<<"$output"
  if [ "$output" = "$first" ]; then
    good "Both runs counted the same."
  else
    bad "The first run counted something else:"
    printf '%s' "$first"
    return 1
  fi
}
