import CHarness

/// The opaque inputs: every read is a load that the optimiser can neither foresee nor leave out.
enum Input {
  static var get: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_get()) }
  }
  static var content: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_content()) }
  }
  static var token: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_token()) }
  }
  static var firstSegment: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_path_first()) }
  }
  static var secondSegment: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_path_second()) }
  }
  static var query: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_query()) }
  }
  static var payload: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_payload()) }
  }

  @unsafe @_lifetime(immortal)
  private static func constant(_ bytes: harness_bytes) -> Span<UInt8> {
    // They are static constants of CHarness.c.
    let span = unsafe Span(_unsafeStart: bytes.start, count: bytes.count)
    return unsafe _overrideLifetime(span, copying: ())
  }
}

func check(_ selected: harness_case, _ bytes: Span<UInt8>) {
  // The call reads `bytes` and keeps no pointer to them.
  unsafe bytes.withUnsafeBufferPointer {
    unsafe harness_check_bytes(selected, $0.baseAddress, $0.count)
  }
}

func fail(_ reason: StaticString) -> Never {
  // A literal ends with a zero byte.
  unsafe harness_fail(UnsafeRawPointer(reason.utf8Start).assumingMemoryBound(to: CChar.self))
}
