import CMbedTLS
import DeviceCore

/// The names and addresses of a certificate's subjectAltName. The subject's common name is none of them
/// (RFC 9525 section 2).
@unsafe
struct SubjectNames {
  private let certificate: UnsafePointer<mbedtls_x509_crt>

  @unsafe
  init(_ certificate: UnsafePointer<mbedtls_x509_crt>) {
    unsafe self.certificate = certificate
  }

  // Kinds of GeneralName (RFC 5280 section 4.2.1.6).
  private static var dnsName: Int32 { 2 }
  private static var ipAddress: Int32 { 7 }

  @unsafe
  func contain(name: UnsafeBufferPointer<UInt8>) -> Bool {
    unsafe contains(SubjectNames.dnsName) { unsafe matches($0, name) }
  }

  func contain(address: IPAddress) -> Bool {
    unsafe contains(SubjectNames.ipAddress) { bytes in
      unsafe address.hasBytes(bytes.span)
    }
  }

  @unsafe
  private func contains(_ kind: Int32, _ matches: (UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
    // The first entry is part of the certificate's own structure.
    var entry = unsafe certificate.pointee.subject_alt_names
    while true {
      let bytes = unsafe UnsafeBufferPointer(start: UnsafePointer(entry.buf.p), count: entry.buf.len)
      if unsafe entry.buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK == kind && matches(bytes) { return true }
      guard let next = unsafe entry.next else { return false }
      unsafe entry = next.pointee
    }
  }
}

/// Whether a name of a certificate stands for `name`: letter by letter without case, or with `*` for the
/// whole first label (RFC 9525 section 6.3).
@unsafe
private func matches(_ pattern: UnsafeBufferPointer<UInt8>, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
  let isWildcard = unsafe pattern.count > 2 && pattern[0] == 0x2a && pattern[1] == 0x2e
  guard isWildcard else { return unsafe isEqual(pattern, name, dropping: 0, 0) }
  let first = unsafe firstDot(name, from: 0)
  // `*.com` stands for nothing.
  guard first > 0, unsafe firstDot(pattern, from: 2) < pattern.count else { return false }
  return unsafe isEqual(pattern, name, dropping: 1, first)
}

@unsafe
private func firstDot(_ name: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
  var index = start
  while unsafe index < name.count && name[index] != 0x2e { index += 1 }
  return index
}

/// Whether what is left of both without so many first bytes is the same name.
@unsafe
private func isEqual(
  _ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>, dropping first: Int,
  _ second: Int
) -> Bool {
  let count = one.count - first
  guard count > 0, count == other.count - second else { return false }
  for offset in 0..<count {
    let (left, right) = unsafe (one[first + offset], other[second + offset])
    guard lowercased(left) == lowercased(right) else { return false }
  }
  return true
}

private func lowercased(_ byte: UInt8) -> UInt8 {
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}
