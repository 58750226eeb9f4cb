import Port
import PortTLS
import Testing

@Suite struct CertificateDateTests {
  /// 2024-02-29 12:00:00 to 2028-02-29 12:00:00.
  private static let certified = TestAuthority.issue { contents in
    contents.names = ["device.example"]
    contents.from = "20240229120000"
    contents.until = "20280229120000"
  }

  private func pair(at unixTime: UInt32?, _ certified: Certified = certified) throws -> TLSPair {
    let client = try TLSSide.client(trusting: TestAuthority.usual)
    client.board.unixTime = unixTime
    return try TLSPair(client, .server(presenting: certified), host: "device.example")
  }

  @Test(arguments: [1_709_208_000, 1_749_988_800, 1_835_438_400] as [UInt32])
  func handshake_withinTheDates_opens(unixTime: UInt32) throws {
    #expect(try pair(at: unixTime).shakeHands())
  }

  @Test(arguments: [1_835_438_401, 1_900_000_000] as [UInt32])
  func handshake_afterTheDates_isExpired(unixTime: UInt32) throws {
    try pair(at: unixTime).expectRefusal(.expired, alert: 45)
  }

  @Test(arguments: [1_709_207_999, 1_600_000_000] as [UInt32])
  func handshake_beforeTheDates_isNotYetValid(unixTime: UInt32) throws {
    try pair(at: unixTime).expectRefusal(.notYetValid, alert: 46)
  }

  @Test func handshake_dateUnknown_isRefused() throws {
    try pair(at: nil).expectRefusal(.dateUnknown, alert: 46)
  }

  @Test(arguments: [nil, 0, 1_600_000_000, 1_900_000_000] as [UInt32?])
  func handshake_datesIgnored_opens(unixTime: UInt32?) throws {
    let client = try TLSSide.client(trusting: TestAuthority.usual)
    client.certificates.insecurelyIgnoreDates()
    client.board.unixTime = unixTime
    let pair = try TLSPair(client, .server(presenting: Self.certified), host: "device.example")
    #expect(pair.shakeHands())
  }

  @Test func handshake_datesIgnored_otherChecksStay() throws {
    let client = try TLSSide.client(trusting: TestAuthority.other)
    client.certificates.insecurelyIgnoreDates()
    try TLSPair(client, .server(presenting: Self.certified), host: "device.example")
      .expectRefusal(.untrusted, alert: 48)
  }

  @Test func handshake_intermediateExpired_isExpired() throws {
    let intermediate = TestAuthority.issue { contents in
      contents.commonName = "Old intermediate"
      contents.isAuthority = true
      contents.until = "20250101000000"
    }
    var leaf = TestAuthority.issue(by: intermediate) { $0.names = ["device.example"] }
    leaf.chain = [intermediate.certificate]
    try pair(at: TestBoard.someDay, leaf).expectRefusal(.expired, alert: 45)
  }

  @Test func handshake_authorityExpired_isExpired() throws {
    let authority = TestAuthority.issue(by: nil) { contents in
      contents.commonName = "Old CA"
      contents.isAuthority = true
      contents.until = "20250101000000"
    }
    let leaf = TestAuthority.issue(by: authority) { $0.names = ["device.example"] }
    try TLSPair(.client(trusting: authority), .server(presenting: leaf), host: "device.example")
      .expectRefusal(.expired, alert: 45)
  }

  /// The date is asked for at each connection.
  @Test func handshake_secondConnectionLater_isExpired() throws {
    let client = try TLSSide.client(trusting: TestAuthority.usual)
    let server = try TLSSide.server(presenting: Self.certified)
    #expect(try TLSPair(client, server, host: "device.example").shakeHands())
    client.board.unixTime = 1_900_000_000
    try TLSPair(client, server, host: "device.example").expectRefusal(.expired, alert: 45)
  }

  /// What 32 bits do not hold is cut, not wrapped.
  @Test(arguments: [0, 1_749_988_800, .max] as [UInt32])
  func handshake_datesBefore1970AndAfter2106_opens(unixTime: UInt32) throws {
    func issue(_ name: String, by issuer: Certified?) -> Certified {
      TestAuthority.issue(by: issuer) { contents in
        contents.commonName = name
        contents.names = ["device.example"]
        contents.isAuthority = issuer == nil
        contents.from = "19500101000000"
        contents.until = "99991231235959"
      }
    }
    let authority = issue("Eternal CA", by: nil)
    let client = try TLSSide.client(trusting: authority)
    client.board.unixTime = unixTime
    let server = try TLSSide.server(presenting: issue("eternal", by: authority))
    #expect(try TLSPair(client, server, host: "device.example").shakeHands())
  }
}
