#!/usr/bin/env bash
# The independent peers that the live tests talk to, and the tools that run those tests: libcoap, OpenSSL, GnuTLS
# and Chromium from Debian, aiocoap, Selenium and pytest from PyPI in .build/venv. Installs what is missing and no more.
#
#   source toolchain/lib/peers.sh && install_peers      # then: "$PEERS_PYTHON" -m pytest Tests/Interop
#   bash toolchain/lib/peers.sh                         # the same, as a command

# shellcheck source-path=SCRIPTDIR source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
PEERS_VENV="$root/.build/venv"
PEERS_PYTHON="$PEERS_VENV/bin/python"
PEERS_REQUIREMENTS="$root/Tests/Interop/requirements.txt"

# Debian's own Python where it exists: the one that python3-venv belongs to.
peers_base_python() {
  if [ -x /usr/bin/python3 ]; then echo /usr/bin/python3; else command -v python3; fi
}

install_libcoap() {
  command -v coap-client-openssl >/dev/null && command -v coap-server-openssl >/dev/null && return
  need_package libcoap3-bin
}

# The commands openssl and gnutls-cli, for the TLS tests.
install_tls_tools() {
  command -v openssl >/dev/null && command -v gnutls-cli >/dev/null && return
  need_package openssl gnutls-bin
}

# The browser for the dashboard, and what steers it. It wants a font.
install_browser() {
  command -v chromium >/dev/null && command -v chromedriver >/dev/null && return
  need_package chromium chromium-driver fonts-dejavu-core
}

install_python_environment() {
  local wanted stamp="$PEERS_VENV/requirements.stamp" base
  wanted="$(sha256sum <"$PEERS_REQUIREMENTS")"
  if [ -x "$PEERS_PYTHON" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi

  base="$(peers_base_python || true)"
  if [ -z "$base" ] || ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
    need_package python3 python3-venv || return
    base="$(peers_base_python)"
  fi
  echo "peers: building the Python environment in ${PEERS_VENV#"$root"/}"
  rm -rf "$PEERS_VENV"
  "$base" -m venv "$PEERS_VENV" || return
  "$PEERS_PYTHON" -m pip install --quiet --disable-pip-version-check \
    --requirement "$PEERS_REQUIREMENTS" || return
  echo "$wanted" >"$stamp"
}

install_peers() {
  install_libcoap && install_tls_tools && install_browser && install_python_environment
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  case "${1:-}" in
    "") install_peers; echo "peers: ready ($PEERS_PYTHON)" ;;
    *) sed -n '2,6s/^# \{0,1\}//p' "$0"; [ "$1" = --help ] || exit 64 ;;
  esac
fi
