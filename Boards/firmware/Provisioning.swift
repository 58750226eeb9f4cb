import DeviceCore
import Port
import PortLwIP

/// What was put into a board before it started: a seed for its random bits, a pre-shared key, a certificate. A
/// factory writes it to flash; for an emulated board `toolchain/run` puts it into RAM.
///
/// The bytes: `coap`, 48 of the seed, the identity's length and 128 for it, the key's length and 64 for it; the
/// IPv4 address and the port of a server to dial, six times zero for none, and 1 to dial it over TLS, else 0.
/// Where there are certificates: the date in four bytes, zero when it is not known; the private key's length and
/// 160 for it; 2,032 for the certificate with those that lead to an authority, and 1,646 for trusted
/// authorities, see ``CertificateList``.
@safe
public struct Provisioning {
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  private static var seed: Range<Int> { 4..<52 }
  private static var identity: Range<Int> { 53..<181 }
  private static var key: Range<Int> { 182..<246 }
  private static var server: Range<Int> { 246..<253 }
  private static var date: Range<Int> { 253..<257 }
  private static var privateKey: Range<Int> { 258..<418 }
  private static var certificates: Range<Int> { 418..<2450 }
  private static var authorities: Range<Int> { 2450..<4096 }

  /// - Precondition: the memory has at least 253 bytes, and 4,096 for certificates. It is used for nothing else
  ///   and never moves.
  @unsafe
  public init(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    precondition(bytes.count >= Provisioning.server.upperBound)
    unsafe self.bytes = bytes
  }

  /// Whether anything was put there.
  var isPresent: Bool {
    let mark: StaticString = "coap"
    for index in 0..<4 where unsafe bytes[index] != mark.bytes[index] { return false }
    return true
  }

  /// Moves the seed into `generator`: it is there only once, and not after a restart.
  func moveSeed(to generator: inout SeededGenerator) {
    guard isPresent else { return }
    var seed = InlineArray<48, UInt8>(repeating: 0)
    var isThere = false
    for index in 0..<48 {
      let place = Provisioning.seed.lowerBound + index
      seed[index] = unsafe bytes[place]
      unsafe bytes[place] = 0
      if seed[index] != 0 { isThere = true }
    }
    if isThere { generator.take(seed: seed.span) }
  }

  /// Who the key is for, or nil when there is no key.
  @unsafe var sharedKey: (identity: UnsafeBufferPointer<UInt8>, key: UnsafeBufferPointer<UInt8>)? {
    guard isPresent, let identity = unsafe field(Provisioning.identity),
      let key = unsafe field(Provisioning.key)
    else { return nil }
    return unsafe (identity, key)
  }

  /// Where the board connects to, if anywhere, and whether over TLS.
  var server: (place: DialPlace, isSecured: Bool)? {
    guard isPresent else { return nil }
    var bytes = InlineArray<7, UInt8>(repeating: 0)
    for index in 0..<7 { bytes[index] = unsafe self.bytes[Provisioning.server.lowerBound + index] }
    let port = UInt16(bytes[4]) << 8 | UInt16(bytes[5])
    guard port != 0 else { return nil }
    return (DialPlace(bytes[0], bytes[1], bytes[2], bytes[3], port: port), bytes[6] == 1)
  }

  /// Seconds from the beginning of 1970 UTC to the start, if anybody has told.
  var unixTime: UInt32? {
    guard hasCertificatePlace else { return nil }
    var number: UInt32 = 0
    for index in Provisioning.date { number = unsafe number << 8 | UInt32(bytes[index]) }
    return number == 0 ? nil : number
  }

  /// The key of the first of ``certificates``, as DER: PKCS #8 or SEC 1.
  @unsafe package var privateKey: UnsafeBufferPointer<UInt8>? {
    hasCertificatePlace ? unsafe field(Provisioning.privateKey) : nil
  }

  /// The own certificate, and those that lead from it to an authority.
  @unsafe package var certificates: CertificateList { unsafe list(Provisioning.certificates) }

  /// Whom clients' certificates have to lead to.
  @unsafe package var authorities: CertificateList { unsafe list(Provisioning.authorities) }

  private var hasCertificatePlace: Bool {
    unsafe isPresent && bytes.count >= Provisioning.authorities.upperBound
  }

  @unsafe
  private func list(_ place: Range<Int>) -> CertificateList {
    let none = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    return unsafe CertificateList(
      hasCertificatePlace ? UnsafeBufferPointer(rebasing: bytes[place]) : none)
  }

  /// What is in a field, whose length stands in front of it.
  @unsafe
  private func field(_ place: Range<Int>) -> UnsafeBufferPointer<UInt8>? {
    let count = unsafe Int(bytes[place.lowerBound - 1])
    guard count > 0, count <= place.count else { return nil }
    return unsafe UnsafeBufferPointer(start: bytes.baseAddress! + place.lowerBound, count: count)
  }
}
