import DeviceCore

/// How a client takes the answer to its request for a WebSocket (RFC 8323 section 4.1, RFC 6455 section 4.1).
let clientAnswerCases: [ProbeCase] = [
  accepted(
    "client-ws-accepted", ["WS-04", "W-09"], "101, then a CSM and a Ping", "With a sound answer it goes on."
  ) { ProbeWebSocket.answer(to: $0) },
  accepted(
    "client-ws-field-case", ["WS-04"], "101 with the fields in another case",
    "The case of the names of fields, of websocket and of Upgrade does not matter."
  ) {
    ProbeWebSocket.answer(
      to: $0,
      [
        "Upgrade": String?.none, "Connection": String?.none, "UPGRADE": "WebSocket", "connection": "upgrade",
      ])
  },
  accepted(
    "client-ws-more-fields", ["WS-04"], "101 with Date and Server, and Connection: keep-alive, Upgrade",
    "Fields that are not known are ignored, and Connection is a list."
  ) {
    ProbeWebSocket.answer(
      to: $0,
      [
        "Connection": "keep-alive, Upgrade", "Date": "Sat, 01 Mar 2025 12:00:00 GMT",
        "Server": "a server with a long name/1.2.3 (of some system, in some version, with some modules)",
      ])
  },
  clientWebSocket(
    "client-ws-answer-pieces", ["F-13", "WS-04"], "101 in pieces of 20 bytes",
    "A stream may be cut anywhere.", "RFC 6455, 4.1"
  ) { socket, _ in
    guard let request = socket.receiveRequest() else { return .violates("no request for a WebSocket") }
    socket.link.send(ProbeWebSocket.answer(to: request), pieces: 20)
    socket.send(capabilities())
    return socket.judgeGoesOn()
  },
  clientWebSocket(
    "client-ws-together", ["F-13", "W-09"], "101, a CSM and a Ping at once",
    "What stands behind the answer belongs to the WebSocket.", "RFC 6455, 4.1"
  ) { socket, _ in
    guard let request = socket.receiveRequest() else { return .violates("no request for a WebSocket") }
    let messages = [capabilities(), ProbeMessage(.ping, token: [0x7e, 0x57])].flatMap {
      ProbeFrame(kind: .binary, payload: $0.encodedForWebSocket()).encoded(at: .server)
    }
    socket.link.send(ProbeWebSocket.answer(to: request) + messages)
    guard let pong = socket.receiveMessage() else { return .violates("no Pong") }
    return pong.code == .pong ? .conforms("Pong") : .violates(pong.text)
  },
  refused("client-ws-accept", ["WS-04"], "101 with the digest of another key", "A wrong digest is refused.") {
    ProbeWebSocket.answer(to: $0, ["Sec-WebSocket-Accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="])
  },
  refused("client-ws-no-accept", ["WS-04"], "101 without a digest", "An answer without digest is refused.") {
    ProbeWebSocket.answer(to: $0, ["Sec-WebSocket-Accept": String?.none])
  },
  refused("client-ws-no-upgrade", ["WS-04"], "101 without Upgrade", "An answer without Upgrade is refused.") {
    ProbeWebSocket.answer(to: $0, ["Upgrade": String?.none])
  },
  refused(
    "client-ws-other-upgrade", ["WS-04"], "101 with Upgrade: h2c", "Another protocol of HTTP is refused."
  ) {
    ProbeWebSocket.answer(to: $0, ["Upgrade": "h2c"])
  },
  refused(
    "client-ws-no-connection", ["WS-04"], "101 without Connection",
    "An answer without Connection: Upgrade is refused."
  ) { ProbeWebSocket.answer(to: $0, ["Connection": String?.none]) },
  refused(
    "client-ws-extension", ["WS-04"], "101 with the extension x-probe",
    "An extension that was not offered is refused."
  ) { ProbeWebSocket.answer(to: $0, ["Sec-WebSocket-Extensions": "x-probe"]) },
  refused(
    "client-ws-other-protocol", ["WS-04"], "101 with the protocol chat",
    "A protocol that was not offered is refused."
  ) { ProbeWebSocket.answer(to: $0, ["Sec-WebSocket-Protocol": "chat"]) },
  refused(
    "client-ws-no-protocol", ["W-02"], "101 without a protocol",
    "Without coap there is nothing to talk about (what to do is not said by the RFC).", orGoesOn: true
  ) { ProbeWebSocket.answer(to: $0, ["Sec-WebSocket-Protocol": String?.none]) },
  refused("client-ws-status-200", ["WS-04"], "200 with the fields of a 101", "Only 101 opens a WebSocket.") {
    ProbeWebSocket.answer(to: $0, status: "200 OK", ["Content-Length": "0"])
  },
  refused("client-ws-status-301", ["WS-04"], "301", "Only 101 opens a WebSocket; another place may be tried.")
  { _ in
    Array("HTTP/1.1 301 Moved Permanently\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".utf8)
  },
  refused("client-ws-status-404", ["WS-04"], "404 with a text", "Only 101 opens a WebSocket.") { _ in
    Array("HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone".utf8)
  },
  refused("client-ws-status-503", ["WS-04"], "503", "Only 101 opens a WebSocket.") { _ in
    Array("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n".utf8)
  },
  refused("client-ws-no-http", ["WS-04"], "a line that is no HTTP", "What is no answer of HTTP is refused.") {
    _ in
    Array("SSH-2.0-OpenSSH_9.2p1\r\n\r\n".utf8)
  },
]

/// An answer with which a client goes on.
private func accepted(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String,
  _ answer: @escaping @Sendable (ProbeHead) -> [UInt8]
) -> ProbeCase {
  clientWebSocket(name, rows, sends, rule, "RFC 6455, 4.1") { socket, _ in
    guard let request = socket.receiveRequest() else { return .violates("no request for a WebSocket") }
    socket.link.send(answer(request))
    socket.send(capabilities())
    return socket.judgeGoesOn()
  }
}

/// An answer after which a client says nothing more and ends the connection.
private func refused(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String,
  orGoesOn mayGoOn: Bool = false, _ answer: @escaping @Sendable (ProbeHead) -> [UInt8]
) -> ProbeCase {
  clientWebSocket(name, rows, sends, rule, mayGoOn ? "RFC 8323, 4.1" : "RFC 6455, 4.1") { socket, _ in
    guard let request = socket.receiveRequest() else { return .violates("no request for a WebSocket") }
    socket.link.send(answer(request))
    guard let next = socket.link.receiveBytes(1) else {
      return socket.link.isEnded ? .conforms("end") : .violates("it stays connected")
    }
    // A Close has no place where no WebSocket was opened, but does no harm.
    if next[0] & 0x0f == ProbeFrame.Kind.close.rawValue { return .differs("a Close") }
    return mayGoOn ? .differs("it goes on") : .violates("it goes on: \(hex(next))")
  }
}
