# shellcheck shell=bash disable=SC2034,SC2154
# Building the module for browsers. Sourced after common.sh and board.sh.

# What JavaScript calls: every function that is exported to C.
browser_exports() {
  sed -n 's/^@c(\(coap_[a-z_]*\))$/\1/p' "$root"/Boards/browser/Sources/BrowserModule/*.swift
}

# optimize_browser OPTION... FILE -o FILE: what LLVM leaves on the table for want of a linker that optimises, a sixth.
optimize_browser() {
  wasm-opt --ignore-implicit-traps -Oz --flatten --rereloop -Oz --untee --simplify-locals --code-folding -Oz --converge \
    -aimfs 5 --zero-filled-memory --low-memory-unused --enable-bulk-memory --enable-sign-ext --enable-mutable-globals "$@"
}

# link_browser OPTION... -o FILE: optimises as well, for what swiftc gives is bitcode (image.json): a twelfth.
link_browser() {
  local name exports=()
  for name in $(browser_exports); do exports+=("--export=$name"); done
  # Of LLVM's options two switch off what makes code faster and larger, and one lets places that are near each other share
  # an address.
  # The stack comes first, so that one that overflows leaves the memory instead of writing over what is behind it. The
  # deepest calls take 2 KiB; addresses below 8192, where the connection is then, have two bytes.
  "$(dirname "$(realpath "$(command -v swift)")")/wasm-ld" --no-entry --gc-sections --stack-first \
    -z stack-size=4096 -O2 --lto-O2 --mllvm=-inline-threshold=10 --mllvm=-disable-lsr --mllvm=-enable-load-pre=false \
    --mllvm=-consthoist-gep --error-limit=5 "${exports[@]}" "$@" \
    --whole-archive "$root/Boards/browser/.build/wasm32/release/libBrowserModule.a"
}

# build_browser: builds coap.wasm, puts it beside copies of all that a page needs into Boards/browser/.build/page, and
# sets image to its path. Is false when it does not build.
build_browser() {
  local board=$root/Boards/browser linked
  command -v wasm-opt >/dev/null || need_package binaryen
  select_core wasm32
  image=$board/.build/page/coap.wasm linked=$board/.build/wasm32/coap.wasm
  # SwiftPM does not notice new files of a package that it depends on by path.
  rm -f "$board/.build/wasm32/release.yaml"
  (
    cd "$board" || exit
    exec swift build --build-system native -c release --product BrowserModule --scratch-path .build/wasm32 \
      --triple "$triple" --toolset ../../toolchain/embedded.json --toolset ../../toolchain/image.json \
      --toolset ../../toolchain/wasm32.json --toolset toolset.json
  ) || return
  link_browser --strip-all -o "$linked" || return
  mkdir -p "${image%/*}"
  optimize_browser "$linked" -o "$image" || return
  cp "$board/coap.js" "$board/check/check.js" "$board/dashboard"/* "${image%/*}"
}

# measure_browser: prints the size of coap.wasm, and is false when it is above its limit.
measure_browser() {
  python3 - "$image" "$root/Boards/browser/budget.json" <<'PYTHON'
import gzip, json, pathlib, sys

module = pathlib.Path(sys.argv[1]).read_bytes()
limit = json.loads(pathlib.Path(sys.argv[2]).read_text())["module"]
print(f"coap.wasm {len(module):7,} bytes of {limit:,}")
print(f"gzip -9   {len(gzip.compress(module, 9)):7,} bytes")
sys.exit(len(module) > limit)
PYTHON
}

# map_browser N: prints where the bytes are, with the N largest functions: of the module with names, and before functions
# with one caller become a part of it, which saves another twentieth.
map_browser() {
  local named=$root/Boards/browser/.build/wasm32/named
  link_browser --strip-debug -o "$named.wasm" && optimize_browser -g -ocimfs 0 "$named.wasm" -o "$named-small.wasm" &&
    python3 "$root/toolchain/lib/module_map.py" "$named-small.wasm" "$1"
}
