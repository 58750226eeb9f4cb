# shellcheck shell=bash disable=SC2034
# How toolchain/ builds for this board and starts it.

core=cortex-m0plus
# It has no network, so there is no FirmwareImage.
firmware=LoopbackImage
emulator_package=qemu-system-arm
emulator=(qemu-system-arm -M microbit)
