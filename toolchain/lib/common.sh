# shellcheck shell=bash disable=SC2034,SC2154
# Shared by the commands in toolchain/. Sourced by them, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bold='' red='' green='' plain=''
if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; fi

# The help of a command is the comment at its top.
show_help() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"; }

say() { printf '%s\n' "$bold$*$plain"; }
good() { printf '%s\n' "$green$*$plain"; }
bad() { printf '%s\n' "$red$*$plain"; }
fail() { printf '%s\n' "${0##*/}: $*" >&2; exit 1; }

# How the programs for this computer are built: with the bodies of one module's functions known to the next one, so that
# generic code is made for its types, as it always is in Embedded mode. The simulator is one and a half times as fast, and
# what thousands of idle connections cost is gone. Everybody builds so, or all would be built again and again.
# shellcheck disable=SC2034
release_options=(-c release -Xswiftc -cross-module-optimization)

# need_swift: ends the script when there is no Swift, or one that is too old.
need_swift() {
  local needed=6.3 found
  found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -1) || true
  [ "$(printf '%s\n' "$needed" "${found:-0}" | sort -V | head -1)" = "$needed" ] ||
    fail "Swift $needed or later is needed (${found:-none} was found): get it from swift.org/install"
}

# need_package NAME...: installs those of the Debian packages that are missing.
need_package() {
  local name missing=() as_root=()
  for name in "$@"; do
    dpkg-query --show --showformat '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
  if ! command -v apt-get >/dev/null || ! command -v "${as_root[0]:-true}" >/dev/null; then
    fail "missing, install by hand: ${missing[*]} (on Debian: apt-get install ${missing[*]})"
  fi
  say "Installing ${missing[*]}"
  local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq)
  # A new machine has no package lists yet.
  "${install[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
    { "${install[@]}" update && "${install[@]}" install --yes --no-install-recommends "${missing[@]}" >/dev/null; } ||
    fail "could not install ${missing[*]}: try apt-get update, then apt-get install ${missing[*]}"
}

# llvm_tool NAME: the path of llvm-NAME, from the Swift toolchain if it is there.
llvm_tool() {
  local beside_swift
  beside_swift=$(dirname "$(realpath "$(command -v swift)")")/llvm-$1
  if [ -x "$beside_swift" ]; then
    echo "$beside_swift"
  else
    command -v "llvm-$1" >/dev/null || need_package llvm >&2
    command -v "llvm-$1" || fail "llvm-$1 is missing (on Debian: apt-get install llvm)"
  fi
}
