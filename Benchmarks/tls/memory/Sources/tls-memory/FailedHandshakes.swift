import Port
import PortTLS
import TLSArena

/// Lets many handshakes fail, in all ways, and looks after each whether the arena is back where it was.
struct FailedHandshakes {
  private var pskServer: Side
  private var pskClient: Side
  private var wrongKeyClient: Side
  private var strangerClient: Side
  private var certificateServer: Side
  private var certificateClient: Side
  private var lateClient: Side
  private let pair = Pair()
  private let base: Int
  private var random = SeededBoard(seed: 33, date: 0)
  /// What handshakes are when nobody disturbs them.
  private var psk: Pair.Result?
  private var certificates: Pair.Result?

  private enum Kind: CaseIterable {
    case wrongKey, unknownIdentity, noSharedSuite, expiredCertificate
    case garbageToServer, garbageToClient, recordOfGarbageToServer
    case cutFromClient, cutFromServer, cutFromCertificateClient, cutFromCertificateServer
    case alteredFromClient, alteredFromServer, alteredFromCertificateClient, alteredFromCertificateServer
  }

  /// - Throws: `TLSFault` or `CredentialError`.
  init(_ credentials: Credentials) throws {
    func side(_ role: TLSContext.Role, _ change: (inout Offer) -> Void) throws -> Side {
      var offer = Offer(role: role)
      change(&offer)
      return try Side(offer, credentials)
    }
    pskServer = try side(.server) { _ in }
    pskClient = try side(.client) { _ in }
    wrongKeyClient = try side(.client) { $0.key = [UInt8](repeating: 0x77, count: 16) }
    strangerClient = try side(.client) { $0.identity = "stranger" }
    certificateServer = try side(.server) { ($0.key, $0.chainLength) = (nil, 3) }
    certificateClient = try side(.client) { ($0.key, $0.trusts) = (nil, true) }
    lateClient = try side(.client) { ($0.key, $0.trusts, $0.date) = (nil, true, Offer.today + 400_000_000) }
    base = TLSArena.usedByteCount
  }

  mutating func run(_ count: Int, _ tally: inout Tally) {
    let kinds = Kind.allCases
    tally.add(countBytes(), "handshakes that nobody disturbs fail, or the arena is not back at its base line")
    for number in 0..<count {
      let kind = kinds[number % kinds.count]
      let (isExpected, ends) = fail(kind, number / kinds.count, of: count / kinds.count)
      let left = TLSArena.usedByteCount - base
      tally.add(isExpected && left == 0, "handshake \(number), \(kind): \(ends); \(left) bytes stay taken")
    }
    tally.add(countBytes(), "after all failures handshakes fail, or the arena is not back at its base line")
  }

  /// Handshakes that nobody disturbs: that they work, and how many bytes each direction has.
  private mutating func countBytes() -> Bool {
    psk = pair.shakeHands(&pskClient, &pskServer)
    certificates = pair.shakeHands(&certificateClient, &certificateServer)
    return psk!.isOpen && certificates!.isOpen && TLSArena.usedByteCount == base
  }

  /// - Parameter turn: of `turns`: which place of the handshake is hit.
  /// - Returns: whether it failed as it should, and how.
  private mutating func fail(_ kind: Kind, _ turn: Int, of turns: Int) -> (Bool, String) {
    func place(in byteCount: Int) -> Int { min(turn * byteCount / turns, byteCount - 1) }
    switch kind {
    case .wrongKey, .unknownIdentity:
      let result =
        kind == .wrongKey
        ? pair.shakeHands(&wrongKeyClient, &pskServer) : pair.shakeHands(&strangerClient, &pskServer)
      return (result.server == .local(.keysDiffer) && result.client == .alert(20), "\(result)")
    case .noSharedSuite:
      let result = pair.shakeHands(&certificateClient, &pskServer)
      return (result.server == .local(.noSharedCipherSuite) && result.client == .alert(40), "\(result)")
    case .expiredCertificate:
      let result = pair.shakeHands(&lateClient, &certificateServer)
      return (result.client == .local(.certificate(.expired)) && result.server == .alert(45), "\(result)")
    case .garbageToServer, .garbageToClient, .recordOfGarbageToServer:
      var bytes = garbage(1 + turn * 7 % 700)
      if kind == .recordOfGarbageToServer {
        bytes = [22, 3, 3, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)] + bytes
      }
      let end =
        kind == .garbageToClient ? pair.send(bytes, to: &pskClient) : pair.send(bytes, to: &pskServer)
      return (hasFailed(end), "\(end as Any)")
    case .cutFromClient, .cutFromCertificateClient:
      let isPSK = kind == .cutFromClient
      let damage = Damage(cutOffset: place(in: undisturbed(isPSK).clientByteCount))
      let result = shakeHands(isPSK, clientDamage: damage)
      return (hasFailed(result.server), "\(result)")
    case .cutFromServer, .cutFromCertificateServer:
      let isPSK = kind == .cutFromServer
      let damage = Damage(cutOffset: place(in: undisturbed(isPSK).serverByteCount))
      let result = shakeHands(isPSK, serverDamage: damage)
      return (hasFailed(result.client), "\(result)")
    // Some bits of a record's header say nothing that counts: there may be a connection all the same.
    case .alteredFromClient, .alteredFromCertificateClient:
      let isPSK = kind == .alteredFromClient
      let damage = Damage(alteredOffset: place(in: undisturbed(isPSK).clientByteCount))
      return (true, "\(shakeHands(isPSK, clientDamage: damage))")
    case .alteredFromServer, .alteredFromCertificateServer:
      let isPSK = kind == .alteredFromServer
      let damage = Damage(alteredOffset: place(in: undisturbed(isPSK).serverByteCount))
      return (true, "\(shakeHands(isPSK, serverDamage: damage))")
    }
  }

  /// Whether there is no connection, for another reason than that nobody went on.
  private func hasFailed(_ end: TLSFailure?) -> Bool { end != nil && end != .local(.handshakeTimedOut) }

  private func undisturbed(_ isPSK: Bool) -> Pair.Result { isPSK ? psk! : certificates! }

  private mutating func shakeHands(
    _ isPSK: Bool, clientDamage: Damage = Damage(), serverDamage: Damage = Damage()
  ) -> Pair.Result {
    isPSK
      ? pair.shakeHands(&pskClient, &pskServer, clientDamage: clientDamage, serverDamage: serverDamage)
      : pair.shakeHands(
        &certificateClient, &certificateServer, clientDamage: clientDamage, serverDamage: serverDamage)
  }

  private mutating func garbage(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var span = bytes.mutableSpan
    _ = random.fillRandom(&span)
    return bytes
  }
}

extension TLSFailure {
  static func alert(_ number: UInt8) -> TLSFailure { .peer(TLSAlert(rawValue: number)) }
}
