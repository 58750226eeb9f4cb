import Foundation
import Port
import PortTLS
import PortTLSCertificates
import Testing

@Suite struct CredentialTests {
  private func load(_ chain: [UInt8], _ key: [UInt8]) throws {
    let place = Pinned(TLSCredential())
    try unsafe TLSCredential.load(chain: chain.span, key: key.span, into: place.pointer)
  }

  private func pem(_ label: String, _ der: [UInt8]) -> [UInt8] {
    let text = Data(der).base64EncodedString(options: .lineLength64Characters)
    return Array("-----BEGIN \(label)-----\n\(text)\n-----END \(label)-----\n".utf8)
  }

  @Test func load_ofWhatBelongsTogether_succeeds() throws {
    try load(TestAuthority.server.certificate, TestAuthority.server.key)
    let both = [TestAuthority.server, TestAuthority.usual].flatMap { pem("CERTIFICATE", $0.certificate) }
    try load(both + [0], pem("EC PRIVATE KEY", TestAuthority.server.key) + [0])
  }

  @Test func load_keyOfAnotherCertificate_isRefused() {
    #expect(throws: CredentialError.keyOfAnotherCertificate) {
      try load(TestAuthority.server.certificate, TestAuthority.client.key)
    }
  }

  @Test(arguments: [[], [0], .pattern(200)] as [[UInt8]])
  func load_noCertificate_isRefused(bytes: [UInt8]) {
    #expect(throws: CredentialError.unreadableCertificate) { try load(bytes, TestAuthority.server.key) }
  }

  @Test(arguments: [[], [0], .pattern(200)] as [[UInt8]])
  func load_noKey_isRefused(bytes: [UInt8]) {
    #expect(throws: CredentialError.unreadableKey) { try load(TestAuthority.server.certificate, bytes) }
  }

  /// A file that was cut is never half a credential.
  @Test func load_cutAnywhere_isRefused() {
    let (certificate, key) = (TestAuthority.server.certificate, TestAuthority.server.key)
    for count in certificate.indices {
      let part = Array(certificate.prefix(count))
      #expect(throws: CredentialError.unreadableCertificate) { try load(part, key) }
    }
    for count in key.indices {
      let part = Array(key.prefix(count))
      #expect(throws: CredentialError.unreadableKey) { try load(certificate, part) }
    }
  }

  @Test func append_noCertificate_isRefused() throws {
    let place = Pinned(TLSCredential())
    let (certificate, key) = (TestAuthority.server.certificate, TestAuthority.server.key)
    try unsafe TLSCredential.load(chain: certificate.span, key: key.span, into: place.pointer)
    let noise = [UInt8].pattern(100)
    #expect(throws: CredentialError.unreadableCertificate) {
      try unsafe TLSCredential.append(noise.span, to: place.pointer)
    }
  }

  @Test func trust_noCertificate_isRefused_alsoBehindAGoodOne() throws {
    let client = try TLSSide(.client, keys: [])
    let noise = [UInt8].pattern(100)
    #expect(throws: CredentialError.unreadableCertificate) { try client.certificates.trust(noise.span) }
    try client.trust(TestAuthority.usual)
    #expect(throws: CredentialError.unreadableCertificate) { try client.certificates.trust(noise.span) }
    let pair = try TLSPair(client, .server(presenting: TestAuthority.server), host: "localhost")
    #expect(pair.shakeHands())
  }

  @Test func trust_bundle_takesAllOfIt() throws {
    let client = try TLSSide(.client, keys: [])
    let bundle = [TestAuthority.other, TestAuthority.usual].flatMap { pem("CERTIFICATE", $0.certificate) }
    try client.certificates.trust((bundle + [0]).span)
    let pair = try TLSPair(client, .server(presenting: TestAuthority.server), host: "localhost")
    #expect(pair.shakeHands())
  }
}
