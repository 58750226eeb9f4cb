import CFuzzSupport

/// Ends the process with this text unless the condition holds.
@inline(__always)
func require(_ condition: Bool, _ text: StaticString) {
  if !condition { violate(text) }
}

@inline(never)
func violate(_ text: StaticString) -> Never {
  unsafe fuzz_violation(UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self))
}
