import DeviceCore

/// How a client takes what a server says in the handshake of TLS 1.2 (RFC 8323 section 8.2, RFC 7301).
let clientSecurityCases: [ProbeCase] = [
  security(
    "client-tls-selected", ["U-16", "TL-18"], "the handshake with the protocol coap",
    "With coap selected a client goes on.", "RFC 8323, 8.2"
  ) { link, hello, server in
    guard hello.protocols?.contains("coap") == true else { return .skipped("it does not offer coap") }
    if case .failed(let reason)? = server.host?.shakeHands(on: link) { return .violates(reason) }
    return link.judgeMessages(expectsThem: true)
  },
  security(
    "client-tls-unanswered", ["U-12", "U-15"], "the handshake without an answer to ALPN",
    "On another port than 5684 a client closes then; on 5684 coaps+tcp is implied.", "RFC 8323, 8.2"
  ) { link, _, server in
    let isImplied = server.port == 5684
    if case .failed(let reason)? = server.host?.shakeHands(on: link, isSilent: true) {
      return isImplied ? .violates(reason) : .conforms(reason)
    }
    return link.judgeMessages(expectsThem: isImplied)
  },
  security(
    "client-tls-other-answer", ["TL-18"], "a ServerHello with the protocol coaq",
    "A protocol that was not offered ends the handshake.", "RFC 7301, 3.2"
  ) { link, hello, server in
    guard hello.protocols?.contains("coap") == true else { return .skipped("it does not offer coap") }
    let offered = link.transport?.input.count ?? 0
    link.transport?.change = {
      replaced(Array("\u{5}\u{4}coap".utf8), by: Array("\u{5}\u{4}coaq".utf8), in: $0)
    }
    _ = server.host?.shakeHands(on: link)
    var bytes = ProbeBytes(Array(link.transport?.input.dropFirst(offered) ?? []))
    // The first record of a client that goes on is of its half of the handshake.
    switch (bytes.number(1), bytes.take(2), bytes.sized(2)) {
    case (21?, _, let alert?) where alert.count == 2: return .conforms("alert \(alert[1])")
    case (22?, _, _): return .violates("it goes on")
    case (nil, _, _): return link.isEnded ? .conforms("end") : .violates("it stays connected")
    case (let type?, _, _): return .violates("a record of type \(type)")
    }
  },
  security(
    "client-tls-alert-120", ["U-12", "U-14"], "the alert no_application_protocol",
    "The client closes, and does not try once more on this connection.", "RFC 8323, 8.2"
  ) { link, _, _ in
    link.send([21, 3, 3, 0, 2, 2, 120])
    return link.judgeGivesUp()
  },
  ProbeCase(
    "client-tls-1.1", ["TL-01"], sends: "a ServerHello of TLS 1.1", rule: "Nothing below TLS 1.2 is spoken.",
    "RFC 9325, 3.1.1", layer: .security
  ) { link, _ in
    guard let hello = link.receiveHello() else { return .violates("no ClientHello") }
    // The version comes first, but one that both could speak needs a cipher suite that it has.
    let suite = hello.suites.first(where: ProbeClientHello.old.contains) ?? hello.suites.first ?? 0x002f
    let random = (0..<32).map { UInt8($0) }
    let body = pair(0x0302) + random + [0] + pair(suite) + [0]
    link.send([22, 3, 2] + sized(2, [2] + sized(3, body)))
    let finding = link.judgeGivesUp()
    guard finding.verdict == .conforms, let offered = hello.versions.first(where: { $0 < 0x0303 }) else {
      return finding
    }
    return .differs("it offers \(hex(pair(offered))), though it refuses it: \(finding.got)")
  },
  ProbeCase(
    "client-tls-resumption", ["TL-12"], sends: "the handshake, abbreviated where the client has a session",
    rule: "A client that has a session resumes it.", "RFC 7925, 7", layer: .security
  ) { link, server in
    guard let hello = link.receiveHello() else { return .violates("no ClientHello") }
    // An empty ticket asks for one, and a client of TLS 1.3 makes up a session for old middleboxes.
    let hasTicket = hello.extensions[35].map { !$0.isEmpty } ?? false
    guard hasTicket || (!hello.session.isEmpty && hello.extensions[43] == nil) else {
      return .skipped("it has no session of an earlier connection")
    }
    switch server.host?.shakeHands(on: link) {
    case .failed(let reason)?: return .violates(reason)
    case .done(isResumed: true)?:
      let finding = server.isWebSocket ? link.judgeRequest() : link.judgeMessages(expectsThem: true)
      return finding.verdict == .conforms ? .conforms("resumed") : finding
    default: return .differs("not resumed: its session is not one of this server")
    }
  },
]

/// The same bytes with others in the place of some.
private func replaced(_ some: [UInt8], by others: [UInt8], in bytes: [UInt8]) -> [UInt8] {
  guard let range = bytes.firstRange(of: some) else { return bytes }
  var bytes = bytes
  bytes.replaceSubrange(range, with: others)
  return bytes
}

extension ProbeLink {
  /// Whether a client speaks CoAP on a connection that is open for it, as it should, or ends it, as it should.
  fileprivate func judgeMessages(expectsThem: Bool) -> Finding {
    if let first = receive() {
      return expectsThem ? .conforms("it goes on: \(first.text)") : .violates("it goes on: \(first.text)")
    }
    guard isEnded else { return .violates("nothing, and it stays connected") }
    return expectsThem ? .violates("it ends") : .conforms("end")
  }

  fileprivate func judgeRequest() -> Finding {
    receiveHead() == nil
      ? .violates(isEnded ? "it ends" : "no request for a WebSocket") : .conforms("a request")
  }

  /// How something is taken after which there is no TLS.
  fileprivate func judgeGivesUp() -> Finding {
    var alert: UInt8?
    while let (type, fragment) = receiveRecord() {
      guard type == 21, fragment.count == 2 else {
        return .violates("it goes on with a record of type \(type)")
      }
      alert = fragment[1]
    }
    if isEnded { return .conforms(alert.map { "alert \($0), end" } ?? "end") }
    return alert.map { .differs("alert \($0), and it stays connected") } ?? .violates("it stays connected")
  }
}

/// One about coaps+tcp, behind its ClientHello.
private func security(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String,
  _ run: @escaping @Sendable (ProbeLink, ProbeClientHello, ProbeSubject) -> Finding
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section, layer: .security) { link, server in
    if server.isWebSocket { return .skipped("coaps+ws has no protocol of its own") }
    guard let hello = link.receiveHello() else { return .violates("no ClientHello") }
    return run(link, hello, server)
  }
}
