/// Certificates as DER, one behind the other, each with its length in two bytes in front. A length of zero ends
/// them, or the end of their place.
@unsafe
package struct CertificateList {
  private var rest: UnsafeBufferPointer<UInt8>

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe rest = bytes
  }

  /// The next certificate, or nil when there is none, or it would reach beyond the end.
  package mutating func next() -> UnsafeBufferPointer<UInt8>? {
    guard unsafe rest.count > 2 else { return nil }
    let end = unsafe 2 + (Int(rest[0]) << 8 | Int(rest[1]))
    guard end > 2, unsafe end <= rest.count else { return nil }
    let certificate = unsafe UnsafeBufferPointer(rebasing: rest[2..<end])
    unsafe rest = UnsafeBufferPointer(rebasing: rest[end...])
    return unsafe certificate
  }
}
