import Port
import PortTLS
import PortTLSCertificates
import Testing

/// Certificates that are read where they lie, as in flash.
@Suite struct KeptCertificateTests {
  private let client: TLSSide
  private let credential = PinnedArray(count: 1) { _ in TLSCredential() }
  private let kept: [PinnedArray<UInt8>]
  private let server: TLSSide
  private let certified = TestAuthority.issue(behind: 2, names: ["device.example"])

  init() throws {
    client = try TLSSide.client(trusting: TestAuthority.usual)
    server = try TLSSide(.server, keys: [])
    kept = ([certified.certificate] + certified.chain).map { PinnedArray($0) }
    let place = unsafe credential.buffer.baseAddress!
    try unsafe TLSCredential.load(keepingChain: kept[0].readOnly, key: certified.key.span, into: place)
    for each in kept.dropFirst() { try unsafe TLSCredential.append(keeping: each.readOnly, to: place) }
    try unsafe server.certificates.present(credential.buffer)
  }

  @Test func chain_keptInPlace_isPresented() throws {
    let pair = try TLSPair(client, server, host: "device.example")
    #expect(pair.shakeHands())
    pair.close()
  }

  /// No copy was made: what changes in place is what the peer gets.
  @Test func chain_changedInPlace_isRefused() throws {
    unsafe kept[0].buffer[kept[0].buffer.count - 1] ^= 1
    let pair = try TLSPair(client, server, host: "device.example")
    #expect(!pair.shakeHands())
    pair.close()
  }

  @Test func authority_keptInPlace_isTrusted() throws {
    let authority = PinnedArray(TestAuthority.usual.certificate)
    let client = try TLSSide(.client, keys: [])
    try unsafe client.certificates.trust(keeping: authority.readOnly)
    let pair = try TLSPair(client, server, host: "device.example")
    #expect(pair.shakeHands())
    pair.close()
  }

  @Test(arguments: [[], [0], .pattern(200)] as [[UInt8]])
  func bytesThatAreNoCertificate_areRefused(bytes: [UInt8]) throws {
    let noise = PinnedArray(bytes)
    let place = Pinned(TLSCredential())
    #expect(throws: CredentialError.unreadableCertificate) {
      try unsafe TLSCredential.load(
        keepingChain: noise.readOnly, key: certified.key.span, into: place.pointer)
    }
    #expect(throws: CredentialError.unreadableCertificate) {
      try unsafe TLSCredential.append(keeping: noise.readOnly, to: credential.buffer.baseAddress!)
    }
    #expect(throws: CredentialError.unreadableCertificate) {
      try unsafe client.certificates.trust(keeping: noise.readOnly)
    }
  }
}
