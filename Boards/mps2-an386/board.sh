# shellcheck shell=bash disable=SC2034
# How toolchain/ builds for this board and starts it.

core=cortex-m4
# FirmwareImage serves four and lets two wait; one more is dialled.
lwip_options=(-DCLWIP_CONNECTIONS=7 -DTCP_MSS=1460)
mbedtls_profile=certificates
mbedtls_options=()
emulator_package=qemu-system-arm
emulator=(qemu-system-arm -M mps2-an386)
emulated_network=lan9118
