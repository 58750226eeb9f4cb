import CHarness

/// The messages of `Benchmarks/codec`, which no optimiser can foresee.
enum Input {
  /// The GET: 29 bytes.
  static var get: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_get()) }
  }
  /// The 2.05 that answers it: 76 bytes.
  static var content: Span<UInt8> {
    @_lifetime(immortal) get { unsafe constant(harness_content()) }
  }
  /// The payload of that answer: 64 bytes.
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
