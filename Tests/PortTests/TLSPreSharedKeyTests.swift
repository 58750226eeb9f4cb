import CMbedTLS
import Port
import PortTLS
import Testing

@Suite struct TLSPreSharedKeyTests {
  @Test(arguments: [
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
  ])
  func handshake_eachSuite_opensBothEnds(suite: Int32) throws {
    let pair = try TLSPair(TLSSide(.client, suite: suite), TLSSide(.server))
    #expect(pair.shakeHands())
    #expect(Int32(pair.client.stream.cipherSuite) == suite)
    #expect(Int32(pair.server.stream.cipherSuite) == suite)
    #expect(pair.client.stream.isSecured)
    pair.exchange(toServer: [1, 2, 3], toClient: [4, 5])
    #expect(pair.server.received == [1, 2, 3])
    #expect(pair.client.received == [4, 5])
  }

  @Test func handshake_allSuites_hasForwardSecrecy() throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    #expect(pair.shakeHands())
    #expect(
      Int32(pair.client.stream.cipherSuite) == MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256)
  }

  @Test(arguments: [1, 2, 7])
  func handshake_inPieces_opensBothEnds(piece: Int) throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server), capacity: 16, piece: piece)
    #expect(pair.shakeHands())
    #expect(!pair.wasStuck)
  }

  @Test func handshake_severalIdentities_eachHasItsKey() throws {
    let keys = (1...3).map { TestKey("lamp-\($0)", .pattern(16, seed: UInt32($0))) }
    let server = try TLSSide(.server, keys: keys)
    for key in keys {
      #expect(try TLSPair(TLSSide(.client, keys: [key]), server).shakeHands())
    }
    let mixed = TestKey("lamp-1", keys[1].key)
    #expect(try !TLSPair(TLSSide(.client, keys: [mixed]), server).shakeHands())
  }

  @Test(
    arguments: [1, 32, 33, 64], [nil, MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8])
  func handshake_keyOfAnyLength_opensBothEnds(byteCount: Int, suite: Int32?) throws {
    let key = TestKey(String(repeating: "i", count: 2 * byteCount), .pattern(byteCount))
    let pair = try TLSPair(TLSSide(.client, keys: [key], suite: suite), TLSSide(.server, keys: [key]))
    #expect(pair.shakeHands())
  }

  /// Debian's mbedTLS takes 32 bytes; the rest must count too.
  @Test func handshake_longKeysThatDifferInTheLastByte_fails() throws {
    var other = TestKey("lamp", .pattern(64))
    let key = other
    other.key[63] ^= 1
    let pair = try TLSPair(TLSSide(.client, keys: [key]), TLSSide(.server, keys: [other]))
    #expect(!pair.shakeHands())
    #expect(pair.server.failure == .local(.keysDiffer))
  }

  @Test(arguments: [
    (1, 1, true), (128, 64, true), (0, 16, false), (129, 16, false), (4, 0, false), (4, 65, false),
  ])
  func key_ofALengthThatRFC7925DoesNotDemand_isNone(identity: Int, key: Int, isKey: Bool) {
    let identityBytes = PinnedArray([UInt8](repeating: 0x69, count: identity))
    let keyBytes = PinnedArray([UInt8](repeating: 1, count: key))
    let made = unsafe PreSharedKey(identity: identityBytes.readOnly, key: keyBytes.readOnly)
    #expect((made != nil) == isKey)
  }

  @Test func handshake_wrongKey_isToldOnBothSides() throws {
    let wrong = TestKey("lamp-7", .pattern(16, seed: 8))
    let pair = try TLSPair(TLSSide(.client, keys: [wrong]), TLSSide(.server))
    #expect(!pair.shakeHands())
    #expect(pair.server.failure == .local(.keysDiffer))
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 20)))
    #expect(!pair.wasStuck)
  }

  /// RFC 4279 section 2: who guesses identities learns nothing.
  @Test(arguments: ["lamp-8", "lamp-", "lamp-77", "LAMP-7"], [nil, MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8])
  func handshake_unknownIdentity_looksLikeAWrongKey(identity: String, suite: Int32?) throws {
    let unknown = TestKey(identity, TestKey.usual.key)
    let wrong = TestKey("lamp-7", .pattern(16, seed: 8))
    let outcomes = try [unknown, wrong].map { key in
      let pair = try TLSPair(TLSSide(.client, keys: [key], suite: suite), TLSSide(.server))
      pair.shakeHands()
      return pair
    }
    for pair in outcomes {
      #expect(pair.client.failure == .peer(TLSAlert(rawValue: 20)))
      #expect(pair.server.failure == .local(.keysDiffer))
    }
    let wires = outcomes.map { TLSRecord.records(of: $0.server.faults.written) }
    #expect(wires[0].map(\.type) == wires[1].map(\.type))
    #expect(wires[0].map(\.content.count) == wires[1].map(\.content.count))
    #expect(wires[0].last == wires[1].last)
    #expect(wires[0].last == TLSRecord(type: TLSRecord.alertType, content: [2, 20]))
  }

  @Test func handshake_noSuiteInCommon_isToldOnBothSides() throws {
    let client = try TLSSide(.client, suite: MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8)
    let server = try TLSSide(.server, suite: MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256)
    let pair = try TLSPair(client, server)
    #expect(!pair.shakeHands())
    #expect(pair.server.failure == .local(.noSharedCipherSuite))
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 40)))
  }

  @Test func handshake_oldVersion_isToldOnBothSides() throws {
    let client = try TLSSide(.client)
    unsafe mbedtls_ssl_conf_min_version(client.configuration, 3, 1)
    unsafe mbedtls_ssl_conf_max_version(client.configuration, 3, 2)
    unsafe mbedtls_ssl_conf_ciphersuites(client.configuration, mbedtls_ssl_list_ciphersuites())
    let pair = try TLSPair(client, TLSSide(.server))
    #expect(!pair.shakeHands())
    #expect(pair.server.failure == .local(.protocolVersion))
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 70)))
  }
}
