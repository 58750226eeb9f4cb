import DeviceCore

/// The handshake of a WebSocket (RFC 8323 section 4.1, RFC 6455 section 4.2).
let upgradeCases: [ProbeCase] = [
  webSocket(
    "ws-upgrade", ["W-01", "WS-06"], "the request for a WebSocket at /.well-known/coap",
    "101 with the digest of the key, and coap as the protocol.", "RFC 6455, 4.2.2"
  ) { $0.judgeUpgrade() },
  webSocket(
    "ws-protocol-list", ["W-06", "WS-07"], "a request that offers chat and coap",
    "The protocol is chosen out of the list.", "RFC 6455, 4.2.2"
  ) { $0.judgeUpgrade(["Sec-WebSocket-Protocol": "chat, coap"]) },
  webSocket(
    "ws-connection-list", ["WS-05"], "a request with Connection: keep-alive, Upgrade",
    "Connection is a list in which Upgrade has to be.", "RFC 6455, 4.2.1"
  ) { $0.judgeUpgrade(["Connection": "keep-alive, Upgrade"]) },
  webSocket(
    "ws-field-case", ["WS-05"], "a request with Upgrade: WebSocket",
    "The case of such words does not matter.",
    "RFC 6455, 4.2.1"
  ) { $0.judgeUpgrade(["Upgrade": "WebSocket"]) },
  webSocket(
    "ws-browser-fields", ["WS-05"], "a request with the fields of a browser",
    "Fields that are not known are ignored.", "RFC 6455, 4.2.1"
  ) {
    $0.judgeUpgrade([
      "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 "
        + "Safari/537.36", "Cache-Control": "no-cache", "Accept-Encoding": "gzip, deflate, br",
      "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits",
    ])
  },
  webSocket(
    "ws-no-protocol", ["WS-07"], "a request that offers no protocol",
    "Only a protocol that was offered is chosen; without coap there is nothing to talk about.",
    "RFC 6455, 4.2.2"
  ) { socket in
    guard let answer = socket.ask("/.well-known/coap", ["Sec-WebSocket-Protocol": String?.none]) else {
      return .differs("no answer")
    }
    guard answer.status == 101 else { return .conforms("\(answer.status)") }
    return answer.fields["sec-websocket-protocol"] == nil
      ? .differs("101 without a protocol") : .violates("101 with a protocol that was not offered")
  },
  webSocket(
    "ws-version", ["WS-07"], "a request for version 12",
    "A version that is not known is refused, and the answer names 13.", "RFC 6455, 4.2.2"
  ) { socket in
    guard let answer = socket.ask("/.well-known/coap", ["Sec-WebSocket-Version": "12"]) else {
      return .violates("no answer")
    }
    if answer.status == 101 { return .violates("101") }
    let versions = answer.fields["sec-websocket-version"] ?? ""
    return versions.contains("13")
      ? .conforms("\(answer.status)") : .violates("\(answer.status) without Sec-WebSocket-Version")
  },
  webSocket(
    "ws-path", ["WS-07"], "a request for /somewhere/else", "Where there is nothing the answer is 404.",
    "RFC 6455, 4.2.2"
  ) { $0.judgeRefusal("/somewhere/else") },
  webSocket(
    "ws-no-key", ["WS-05"], "a request without a key", "It is answered with an error, as 400.",
    "RFC 6455, 4.2.1"
  ) { $0.judgeRefusal(["Sec-WebSocket-Key": String?.none]) },
  webSocket(
    "ws-short-key", ["WS-05"], "a request with a key of 3 bytes", "It is answered with an error, as 400.",
    "RFC 6455, 4.2.1"
  ) { $0.judgeRefusal(["Sec-WebSocket-Key": "YWJj"]) },
  webSocket(
    "ws-no-upgrade", ["WS-05"], "a request without Upgrade", "It is answered with an error, as 400.",
    "RFC 6455, 4.2.1"
  ) { $0.judgeRefusal(["Upgrade": String?.none]) },
  webSocket(
    "ws-csm-first", ["W-09"], "the request, and a CSM", "The first message of a WebSocket is a CSM.",
    "RFC 8323, 4.3"
  ) { socket in
    guard socket.open() else { return .violates("no WebSocket") }
    guard case .message(let first) = socket.next() else { return .violates("no message") }
    return first.code == .capabilitiesAndSettings ? .conforms(first.text) : .violates(first.text)
  },
]

extension ProbeWebSocket {
  fileprivate func judgeUpgrade(_ changes: [String: String?] = [:]) -> Finding {
    guard let answer = ask("/.well-known/coap", changes) else { return .violates("no answer") }
    guard answer.status == 101 else { return .violates("\(answer.status)") }
    guard answer.fields["sec-websocket-accept"] == Self.accept else {
      return .violates("101, a wrong digest")
    }
    let chosen = answer.fields["sec-websocket-protocol"]
    return chosen == "coap" ? .conforms("101") : .violates("101, the protocol \(chosen ?? "is not there")")
  }

  fileprivate func judgeRefusal(
    _ path: String = "/.well-known/coap", _ changes: [String: String?] = [:]
  ) -> Finding {
    guard let answer = ask(path, changes) else { return .violates("no answer") }
    return (400..<500).contains(answer.status) ? .conforms("\(answer.status)") : .violates("\(answer.status)")
  }

  fileprivate func judgeRefusal(_ changes: [String: String?]) -> Finding {
    judgeRefusal("/.well-known/coap", changes)
  }
}

/// One that begins where the WebSocket is still to be asked for.
func webSocket(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String,
  _ run: @escaping @Sendable (ProbeWebSocket) -> Finding
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section, layer: .webSocket) { link, subject in
    run(ProbeWebSocket(link, .client, authority: subject.authority))
  }
}
