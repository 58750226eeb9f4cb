#!/usr/bin/env bash
# The independent peers that the live tests talk to, and the tools that run those tests: libcoap from
# Debian, aiocoap and pytest from PyPI in .build/venv. Installs what is missing and nothing else.
#
#   source toolchain/lib/peers.sh && install_peers      # then: "$PEERS_PYTHON" -m pytest Tests/Interop
#   bash toolchain/lib/peers.sh                         # the same, as a command

PEERS_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
PEERS_VENV="$PEERS_ROOT/.build/venv"
PEERS_PYTHON="$PEERS_VENV/bin/python"
PEERS_REQUIREMENTS="$PEERS_ROOT/Tests/Interop/requirements.txt"

# Installs Debian packages without questions; fetches the package lists only when it fails without.
peers_apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
  [ "$(id -u)" -eq 0 ] || apt=(sudo "${apt[@]}")
  echo "peers: installing $*"
  local install=("${apt[@]}" install -y -qq --no-install-recommends "$@")
  "${install[@]}" >/dev/null 2>&1 && return
  "${apt[@]}" update -qq && "${install[@]}" >/dev/null
}

# Debian's own Python where it exists: the one that python3-venv belongs to.
peers_base_python() {
  if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else command -v python3; fi
}

install_libcoap() {
  command -v coap-client-openssl >/dev/null && command -v coap-server-openssl >/dev/null && return
  peers_apt_install libcoap3-bin
}

install_python_environment() {
  local wanted stamp="$PEERS_VENV/requirements.stamp" base
  wanted="$(sha256sum <"$PEERS_REQUIREMENTS")"
  if [ -x "$PEERS_PYTHON" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi

  base="$(peers_base_python || true)"
  if [ -z "$base" ] || ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
    peers_apt_install python3 python3-venv || return
    base="$(peers_base_python)"
  fi
  echo "peers: building the Python environment in ${PEERS_VENV#"$PEERS_ROOT"/}"
  rm -rf "$PEERS_VENV"
  "$base" -m venv "$PEERS_VENV" || return
  "$PEERS_PYTHON" -m pip install --quiet --disable-pip-version-check \
    --requirement "$PEERS_REQUIREMENTS" || return
  echo "$wanted" >"$stamp"
}

install_peers() {
  install_libcoap && install_python_environment
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  case "${1:-}" in
    "") install_peers; echo "peers: ready ($PEERS_PYTHON)" ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "$0"; [ "$1" = --help ] || exit 64 ;;
  esac
fi
