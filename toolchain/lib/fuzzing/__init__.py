"""What toolchain/fuzz is made of."""
