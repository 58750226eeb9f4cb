import CFuzzSupport

// libFuzzer's two entry points. One executable for all targets: FUZZ_TARGET says which one runs.

/// Reads the target's name before the first input.
@c(LLVMFuzzerInitialize)
public func initialize(
  _ argumentCount: UnsafeMutablePointer<CInt>?,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>?
) -> CInt {
  let name = unsafe fuzz_target_name().map { unsafe String(cString: $0) } ?? ""
  guard let target = Target(rawValue: name) else {
    unsafe fuzz_violation("FUZZ_TARGET names no target")
  }
  unsafe chosen = target
  fuzz_watch_allocation()
  return 0
}

/// Runs the target on one input. It must not allocate.
@c(LLVMFuzzerTestOneInput)
public func runOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = unsafe UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
  fuzz_count_allocations()
  unsafe run(input)
  guard fuzz_allocations() > 0 else { return 0 }
  // The Swift runtime allocates when it meets a type for the first time, and only then: what allocates again with
  // the same input is the code under test.
  fuzz_forbid_allocation()
  unsafe run(input)
  fuzz_allow_allocation()
  return 0
}

private func run(_ input: UnsafeBufferPointer<UInt8>) {
  var tape = unsafe Tape(input)
  unsafe chosen.run(&tape)
}

nonisolated(unsafe) private var chosen = Target.server
