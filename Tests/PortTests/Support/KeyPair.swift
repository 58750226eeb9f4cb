import CMbedTLS

/// A key on secp256r1, the same one for the same seed.
@safe
final class KeyPair {
  let context = unsafe Pinned(mbedtls_pk_context())
  let seed: Pinned<UInt64>

  init(seed bytes: [UInt8]) throws {
    // FNV-1a.
    seed = Pinned(bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 })
    unsafe mbedtls_pk_init(context.pointer)
    try check(
      unsafe mbedtls_pk_setup(context.pointer, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)))
    try check(
      unsafe mbedtls_ecp_gen_key(
        MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(context.pointer.pointee), fillFromSeed, seed.pointer))
  }

  init(parsing key: [UInt8]) throws {
    seed = Pinned(1)
    unsafe mbedtls_pk_init(context.pointer)
    try check(unsafe mbedtls_pk_parse_key(context.pointer, key, key.count, nil, 0))
  }

  deinit { unsafe mbedtls_pk_free(context.pointer) }

  /// As DER.
  func written() throws -> [UInt8] {
    try unsafe bytesAtEnd { bytes, count in unsafe mbedtls_pk_write_key_der(context.pointer, bytes, count) }
  }
}

/// Bits that a test can repeat: no secret depends on them.
func fillFromSeed(
  _ seed: UnsafeMutableRawPointer?, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int
) -> Int32 {
  let state = unsafe seed!.assumingMemoryBound(to: UInt64.self)
  for index in 0..<count {
    unsafe state.pointee = state.pointee &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    unsafe bytes![index] = UInt8(truncatingIfNeeded: state.pointee >> 56)
  }
  return 0
}

/// An error of mbedTLS, by its number.
struct LibraryError: Error { let number: Int32 }

func check(_ result: Int32) throws {
  guard result >= 0 else { throw LibraryError(number: result) }
}

/// What mbedTLS writes at the end of a buffer.
func bytesAtEnd(_ write: (UnsafeMutablePointer<UInt8>, Int) -> Int32) throws -> [UInt8] {
  let buffer = PinnedArray<UInt8>(count: 4096) { _ in 0 }
  let count = unsafe write(buffer.buffer.baseAddress!, 4096)
  try check(count)
  return unsafe Array(buffer.readOnly.suffix(Int(count)))
}
