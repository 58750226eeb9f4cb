import DeviceCore
import LinuxSupport

/// A ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2), which may ask for what nobody should give.
struct ProbeHello: Sendable {
  var version: UInt16 = 0x0303
  var compressions: [UInt8] = [0]
  var suites: [UInt16] = ProbeHello.soundSuites
  /// Beside those that every client needs.
  var extensions: [(number: UInt16, body: [UInt8])] = []

  /// What a server said to it.
  enum Answer {
    case hello(ServerHello)
    /// By its number.
    case alert(UInt8)
    /// Bytes that are no record of these kinds.
    case other(String)
    case end, nothing
  }

  struct ServerHello {
    let version: UInt16
    let suite: UInt16
    let compression: UInt8
    let extensions: [UInt16: [UInt8]]
  }

  /// For certificates of both kinds and for pre-shared keys, in AES-CCM, AES-GCM and ChaCha20.
  static let soundSuites: [UInt16] = [
    0xc0ae, 0xc0ac, 0xc02b, 0xc02f, 0xcca9, 0xcca8, 0xc0a8, 0xc0a4, 0x00a8, 0xccac, 0xccab, 0xd005, 0x00ff,
  ]
  /// Without encryption, with RC4, or short keys.
  static let unsoundSuites: [UInt16] = [
    0x0001, 0x0002, 0x003b, 0x002c, 0xc006, 0xc010, 0x0004, 0x0005, 0x008a, 0x0003, 0x0008, 0x0014, 0x00ff,
  ]

  func encoded() -> [UInt8] {
    let groups: [UInt8] = [0, 8, 0, 23, 0, 24, 0, 25, 0, 29]
    let signatures: [UInt8] = [0, 12, 4, 3, 5, 3, 6, 3, 4, 1, 5, 1, 6, 1]
    let usual: [(UInt16, [UInt8])] = [(10, groups), (11, [1, 0]), (13, signatures)]
    let all = (usual + extensions.map { ($0.number, $0.body) }).flatMap { number, body in
      pair(number) + sized(2, body)
    }
    var hello = pair(version) + (0..<32).map { UInt8($0) } + [0]
    hello += sized(2, suites.flatMap(pair)) + sized(1, compressions) + sized(2, all)
    return [22, 3, 1] + sized(2, [1] + sized(3, hello))
  }

  /// Names the protocols that can be spoken (RFC 7301).
  static func protocols(_ names: String...) -> (UInt16, [UInt8]) {
    (16, sized(2, names.flatMap { sized(1, Array($0.utf8)) }))
  }

  /// Names the server that is meant (RFC 6066).
  static func serverName(_ name: String) -> (UInt16, [UInt8]) {
    (0, sized(2, [0] + sized(2, Array(name.utf8))))
  }
}

extension ProbeLink {
  /// Sends a ClientHello, and reads the first record that comes.
  func say(_ hello: ProbeHello) -> ProbeHello.Answer {
    send(hello.encoded())
    guard let head = receiveBytes(5), let body = receiveBytes(Int(head[3]) << 8 | Int(head[4])) else {
      return isEnded ? .end : .nothing
    }
    switch (head[0], head[1]) {
    case (21, 3) where body.count == 2:
      note("alert \(body[1])")
      return .alert(body[1])
    case (22, 3) where body.first == 2:
      guard let hello = serverHello(body) else { return .other("a ServerHello that is none") }
      note("ServerHello, cipher suite \(hex(pair(hello.suite)))")
      return .hello(hello)
    default: return .other(hex((head + body).prefix(8)))
    }
  }

  private func serverHello(_ record: [UInt8]) -> ProbeHello.ServerHello? {
    var bytes = ProbeBytes(Array(record.dropFirst(4)))
    guard let version = bytes.number(2), bytes.take(32) != nil, bytes.sized(1) != nil,
      let suite = bytes.number(2), let compression = bytes.number(1)
    else { return nil }
    return ProbeHello.ServerHello(
      version: UInt16(version), suite: UInt16(suite), compression: UInt8(compression),
      extensions: bytes.extensions())
  }
}
