import DeviceCore

/// The ClientHello of a client (RFC 5246 section 7.4.1.2).
struct ProbeClientHello {
  let version: UInt16
  let session: [UInt8]
  let suites: [UInt16]
  let compressions: [UInt8]
  let extensions: [UInt16: [UInt8]]

  /// - Parameter message: the handshake message with its header.
  init?(_ message: [UInt8]) {
    var bytes = ProbeBytes(message)
    guard bytes.number(1) == 1, let body = bytes.sized(3) else { return nil }
    var hello = ProbeBytes(body)
    guard let version = hello.number(2), hello.take(32) != nil, let session = hello.sized(1),
      let suites = hello.sized(2), let compressions = hello.sized(1)
    else { return nil }
    self.version = UInt16(version)
    self.session = session
    var numbers = ProbeBytes(suites)
    self.suites = numbers.numbers()
    self.compressions = compressions
    extensions = hello.extensions()
  }

  /// Those that can be spoken (RFC 7301); nil when it says nothing of that.
  var protocols: [String]? {
    guard let body = extensions[16] else { return nil }
    var outer = ProbeBytes(body)
    var list = ProbeBytes(outer.sized(2) ?? [])
    var names: [String] = []
    while let name = list.sized(1) { names.append(name.text) }
    return names
  }

  /// Whom it wants to talk to (RFC 6066 section 3).
  var serverName: String? {
    guard let body = extensions[0] else { return nil }
    var outer = ProbeBytes(body)
    var list = ProbeBytes(outer.sized(2) ?? [])
    guard list.number(1) == 0 else { return nil }
    return list.sized(2)?.text
  }

  /// Of hashes and signatures (RFC 5246 section 7.4.1.4.1).
  var signatureAlgorithms: [UInt16]? {
    guard let body = extensions[13] else { return nil }
    var outer = ProbeBytes(body)
    var list = ProbeBytes(outer.sized(2) ?? [])
    return list.numbers()
  }

  /// Those that it says it speaks (RFC 8446 section 4.2.1), or the newest one.
  var versions: [UInt16] {
    guard let body = extensions[43] else { return [version] }
    var outer = ProbeBytes(body)
    var list = ProbeBytes(outer.sized(1) ?? [])
    // Some of no meaning are there so that nobody relies on them (RFC 8701).
    return list.numbers().filter { $0 >> 8 == 3 }
  }

  // Kinds of cipher suites, by the numbers of IANA's registry.

  /// For a key that both have.
  static let sharedKey: Set<UInt16> = [
    0x008a, 0x008b, 0x008c, 0x008d, 0x00a8, 0x00a9, 0x00ae, 0x00af, 0xc035, 0xc036, 0xc037, 0xc038, 0xc0a4,
    0xc0a5, 0xc0a8, 0xc0a9, 0xccab, 0xccac, 0xd001, 0xd002, 0xd003, 0xd005,
  ]
  /// For certificates with a curve.
  static let curveCertificate: Set<UInt16> = [
    0xc009, 0xc00a, 0xc023, 0xc024, 0xc02b, 0xc02c, 0xc072, 0xc073, 0xc086, 0xc087, 0xc0ac, 0xc0ad, 0xc0ae,
    0xc0af, 0xcca9,
  ]
  /// Of TLS 1.1 and before, for keys and certificates of all kinds.
  static let old: Set<UInt16> = [
    0xc009, 0xc00a, 0xc013, 0xc014, 0x002f, 0x0033, 0x0035, 0x0039, 0x008c, 0x008d, 0xc035, 0xc036,
  ]
  /// Without encryption, with RC4, with short keys, or with nobody's key.
  static let unsound: Set<UInt16> = Set(ProbeHello.unsoundSuites).subtracting([0x00ff]).union([
    0x0006, 0x0009, 0x000b, 0x000e, 0x0011, 0x0017, 0x0018, 0x0019, 0x001b, 0x0034, 0x003a, 0x006c, 0x006d,
    0x00a6, 0x00a7, 0xc001, 0xc002, 0xc007, 0xc00b, 0xc00c, 0xc011, 0xc015, 0xc016, 0xc017, 0xc018, 0xc019,
    0xc033, 0xc039, 0xc03a, 0xc03b,
  ])
  /// Without forward secrecy for certificates, or with the Diffie-Hellman of old.
  static let outdated: Set<UInt16> = [
    0x000a, 0x002f, 0x0035, 0x003c, 0x003d, 0x0041, 0x0084, 0x009c, 0x009d, 0xc09c, 0xc09d, 0xc0a0, 0xc0a1,
    0x0016, 0x0033, 0x0039, 0x0067, 0x006b, 0x0045, 0x0088, 0x009e, 0x009f, 0xc09e, 0xc09f, 0xc0a2, 0xc0a3,
    0xccaa,
  ]
}

extension ProbeLink {
  /// The ClientHello; nil when none comes.
  func receiveHello() -> ProbeClientHello? {
    var message: [UInt8] = []
    while message.count < 4 || message.count < 4 + message[1..<4].reduce(0, { $0 << 8 | Int($1) }) {
      guard message.count < 1 << 16, let head = receiveBytes(5), head[0] == 22, head[1] == 3,
        let fragment = receiveBytes(Int(head[3]) << 8 | Int(head[4])), !fragment.isEmpty
      else { return nil }
      message += fragment
    }
    guard let hello = ProbeClientHello(message) else { return nil }
    note("ClientHello, \(hello.suites.count) cipher suites, \(hello.extensions.count) extensions")
    return hello
  }

  /// The type of the next record; nil when none comes.
  func receiveRecord() -> (type: UInt8, fragment: [UInt8])? {
    guard let head = receiveBytes(5), let fragment = receiveBytes(Int(head[3]) << 8 | Int(head[4])) else {
      return nil
    }
    note(head[0] == 21 && fragment.count == 2 ? "alert \(fragment[1])" : "a record of type \(head[0])")
    return (head[0], fragment)
  }
}
