# shellcheck shell=bash disable=SC2034,SC2054
# How toolchain/ builds for this board and starts it.

core=riscv32
# FirmwareImage serves four and lets two wait; one more is dialled.
lwip_options=(-DCLWIP_CONNECTIONS=7 -DTCP_MSS=1460)
mbedtls_profile=psk
mbedtls_options=()
emulator_package=qemu-system-misc
# A core without floating point. Of the memory the last half is QEMU's: it puts its device tree there.
emulator=(
  qemu-system-riscv32 -M virt -bios none -m 32M -cpu rv32,f=false,d=false
  -global virtio-mmio.force-legacy=false -device virtio-net-device,netdev=network
)
# The card is plugged in above.
emulated_network=''
