# shellcheck shell=bash disable=SC2034
# How toolchain/ builds for this board and starts it.

core=cortex-m3
# FirmwareImage serves two and lets one wait; one more is dialled.
lwip_options=(-DCLWIP_CONNECTIONS=4 -DCLWIP_CLOSING_CONNECTIONS=2 -DTCP_MSS=536 -DTCP_SND_BUF=1608)
mbedtls_profile=psk
# A CoAP message of 1,152 bytes and its header in one record.
mbedtls_options=(-DMBEDTLS_SSL_IN_CONTENT_LEN=1216 -DMBEDTLS_SSL_OUT_CONTENT_LEN=1216)
emulator_package=qemu-system-arm
emulator=(qemu-system-arm -M lm3s6965evb)
emulated_network=stellaris
