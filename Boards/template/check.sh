# shellcheck shell=bash disable=SC2034,SC2154
# How toolchain/check builds this board's port check and starts it: sets command, which shows the board's console. Here
# it is a program of this computer. For a board on the desk it would be what flashes CheckImage and then `cat`s the
# serial line, with partner_options=(--listen 0.0.0.0:5685 --board 192.168.1.50:5683).

build_check() {
  local folder
  folder=$(dirname "${BASH_SOURCE[0]}")
  swift build --package-path "$folder" --scratch-path "$folder/.build/host" --product CheckImage --quiet || return
  command=("$folder/.build/host/debug/CheckImage")
}
