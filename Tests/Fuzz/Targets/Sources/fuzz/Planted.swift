import CFuzzSupport

@testable import Scenarios

// Faults that are there on purpose: toolchain/fuzz has to find, shorten and keep them. Nothing else runs them.

func runPlanted(_ target: Target, _ tape: inout Tape) {
  let bytes = tape.rest
  guard bytes.count >= 3, bytes[0] == 0xc0, bytes[1] == 0xa9, bytes[2] > 0x7f else { return }
  switch target {
  case .plantedTrap:
    // Beyond the end as soon as there are fewer than 128 bytes.
    let index = Int(bytes[2])
    require(bytes[index] <= 0xff, "cannot be")
  case .plantedAllocation: fuzz_allocate()
  case .plantedOverrun:
    Region.clientReceive.fence(64)
    let memory = unsafe Region.clientReceive.bytes(65)
    unsafe memory[64] = bytes[2]
  default: violate("a fault that was planted")
  }
}
