import DeviceCore

/// What a case showed.
enum Verdict: String, Codable {
  case conforms
  /// Against a MUST, or what the RFC says of the wire.
  case violates
  /// Against a SHOULD, or a choice that RFC 8323 leaves open and this SDK recommends.
  case differs
  case skipped = "not applicable"
}

/// How the peer behaved: a verdict and what was seen of it.
struct Finding {
  let verdict: Verdict
  let got: String

  static func conforms(_ got: String) -> Finding { Finding(verdict: .conforms, got: got) }
  static func violates(_ got: String) -> Finding { Finding(verdict: .violates, got: got) }
  static func differs(_ got: String) -> Finding { Finding(verdict: .differs, got: got) }
  static func skipped(_ why: String) -> Finding { Finding(verdict: .skipped, got: why) }
}

/// What the server was found to be, before the cases.
struct ProbeSubject {
  /// A resource that answers GET with 2.05.
  var path = ""
  /// One that answers with more than a block of 64 bytes.
  var largePath: String?
  /// One that can be observed.
  var observablePath: String?
  /// One that takes a while to answer.
  var slowPath: String?
  /// What /.well-known/core lists.
  var links: [Link] = []
  /// One that may be overwritten.
  var writablePath: String?
  /// Its Max-Message-Size.
  var largestMessage: UInt32 = 1152
  var hasBlocks = false
  /// Its Extended-Token-Length.
  var longestToken: UInt32 = 8
  /// Whether messages come in a WebSocket.
  var isWebSocket = false
  /// Its TCP port.
  var port: UInt16 = 0
  /// Its host and port, as HTTP's Host header has them.
  var authority = ""
}

/// What a case makes up, and so how far its connection is opened.
enum ProbeLayer {
  /// Messages: on every connection.
  case messages
  /// The bytes of a stream of messages: not on a WebSocket, which carries whole ones.
  case stream
  /// The handshake and the frames of a WebSocket.
  case webSocket
  /// The handshake of TLS.
  case security
}

/// One thing that is tried on a connection of its own.
struct ProbeCase: Sendable {
  let name: String
  /// Ids of Tests/Conformance/rows.json.
  let rows: [String]
  /// What is sent, in words.
  let sends: String
  /// The rule, in a sentence.
  let rule: String
  /// Where it stands.
  let section: String
  let layer: ProbeLayer
  let run: @Sendable (ProbeLink, ProbeSubject) -> Finding

  init(
    _ name: String, _ rows: [String], sends: String, rule: String, _ section: String,
    layer: ProbeLayer = .messages,
    _ run: @escaping @Sendable (ProbeLink, ProbeSubject) -> Finding
  ) {
    (self.name, self.rows, self.sends, self.rule, self.section, self.layer, self.run) = (
      name, rows, sends, rule, section, layer, run
    )
  }
}

extension ProbeLink {
  /// Sends a CSM, waits for the peer's, then sends the rest.
  func begin(_ csm: ProbeMessage = capabilities()) -> ProbeMessage? {
    send(csm)
    let first = receive()
    return first?.code == .capabilitiesAndSettings ? first : nil
  }

  /// How the peer takes something that the rules answer with an Abort.
  func judgeAbort(option: UInt32? = nil, orEnd isEndEnough: Bool = false) -> Finding {
    while let message = receiveAnswer() {
      if message.code == .abort {
        if let option, message.uint(2) != option { return .differs("Abort without Bad-CSM-Option \(option)") }
        return waitForEnd() ? .conforms("Abort, end") : .differs("Abort, and it stays connected")
      }
      if !message.code.isResponse { continue }
      return .violates("it answers \(message.code.dotted)")
    }
    if isGarbled { return .violates("malformed bytes") }
    if isEnded { return isEndEnough ? .conforms("end") : .differs("it ends without an Abort") }
    return isAlive() ? .violates("nothing, and it goes on") : .violates("nothing, and it is out of step")
  }

  /// How a request is answered that has to be: with one of these codes and its own token.
  func judgeAnswer(_ codes: [Code], token: [UInt8] = [0xca, 0xfe], or tolerated: [Code] = []) -> Finding {
    guard let answer = receiveAnswer() else {
      return .violates(isEnded ? "it ends" : isGarbled ? "malformed bytes" : "no answer")
    }
    if answer.token != token { return .violates("\(answer.code.dotted) with the token \(hex(answer.token))") }
    if codes.contains(answer.code) { return .conforms(answer.code.dotted) }
    return tolerated.contains(answer.code) ? .differs(answer.code.dotted) : .violates(answer.code.dotted)
  }

  /// How something is taken that has to be ignored: the connection goes on and nothing is said.
  func judgeIgnored() -> Finding {
    send(ProbeMessage(.ping, token: [0x7e, 0x57]))
    var isAlive = false
    // What is said to it may come behind the Pong.
    while let message = receiveAnswer(within: isAlive ? Milliseconds(150) : nil) {
      switch message.code {
      case .pong: isAlive = true
      case .abort: return .violates("Abort: \(String(decoding: message.payload, as: UTF8.self))")
      case _ where message.code.isRequest: continue
      default: return .violates("it answers \(message.code.dotted)")
      }
    }
    if isAlive && !isEnded { return .conforms("ignored") }
    return .violates(isEnded ? "it ends" : "it is out of step")
  }
}

extension Code {
  var dotted: String { "\(codeClass).\(detail / 10)\(detail % 10)" }
}
