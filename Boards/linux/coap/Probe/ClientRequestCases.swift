import DeviceCore
import Foundation

/// What a client asks for a WebSocket with (RFC 8323 section 4.1, RFC 6455 section 4.1).
let clientRequestCases: [ProbeCase] = [
  asked(
    "client-ws-request", ["WS-01", "W-01"],
    "GET of /.well-known/coap in HTTP/1.1, with Upgrade: websocket, Connection: Upgrade and version 13.",
    "RFC 6455, 4.1"
  ) { request, _ in
    let words = request.words
    guard words.count == 3, words[0] == "GET" else { return .violates(words.joined(separator: " ")) }
    if words[1] != "/.well-known/coap" { return .violates("it asks for \(words[1])") }
    if words[2] != "HTTP/1.1" { return .violates(words[2]) }
    for (field, word) in [("upgrade", "websocket"), ("connection", "upgrade")]
    where !request.list(field).contains(word) {
      return .violates("\(field): \(request.fields[field] ?? "is not there")")
    }
    let version = request.fields["sec-websocket-version"]
    return version == "13"
      ? .conforms(words.joined(separator: " ")) : .violates("version \(version ?? "none")")
  },
  asked(
    "client-ws-host", ["W-03", "WS-01"],
    "Host names the server, with the port where it is not the scheme's own.", "RFC 6455, 4.1"
  ) { request, server in
    guard let host = request.fields["host"], !host.isEmpty else { return .violates("no Host") }
    guard server.port != server.host?.scheme.defaultPort else { return .conforms(host) }
    return host.hasSuffix(":\(server.port)") ? .conforms(host) : .violates("\(host), without the port")
  },
  asked(
    "client-ws-key", ["WS-01"], "The key is 16 bytes in base64.", "RFC 6455, 4.1"
  ) { request, server in
    guard let key = request.fields["sec-websocket-key"] else { return .violates("no key") }
    guard Data(base64Encoded: key)?.count == 16 else { return .violates("\(key), which is not 16 bytes") }
    _ = server.host?.takeWebSocketKey(key)
    return .conforms(key)
  },
  asked(
    "client-ws-key-again", ["WS-01"], "The key is another one for each connection.", "RFC 6455, 4.1"
  ) { request, server in
    guard let key = request.fields["sec-websocket-key"] else { return .violates("no key") }
    guard let seen = server.host?.takeWebSocketKey(key), seen.before > 0 else {
      return .skipped("it is the first one that is looked at")
    }
    return seen.isNew ? .conforms("another one") : .violates("\(key), once more")
  },
  asked(
    "client-ws-protocol", ["W-02"], "The protocol coap is among those that are offered.", "RFC 8323, 4.1"
  ) { request, _ in
    let offered = request.fields["sec-websocket-protocol"] ?? "none"
    // Names of protocols have a case (RFC 6455 section 4.2.2).
    let names = offered.split { $0 == "," || $0 == " " || $0 == "\t" }
    return names.contains("coap") ? .conforms(offered) : .violates(offered)
  },
  asked(
    "client-ws-extensions", ["WS-22"],
    "No extension is offered: messages are short, and compressing them costs memory (not said by the RFC).",
    "our choice"
  ) { request, _ in
    request.fields["sec-websocket-extensions"].map(Finding.differs) ?? .conforms("none")
  },
  clientWebSocket(
    "client-ws-waits", ["WS-03"], "nothing for a moment",
    "Nothing follows the request before it is answered.", "RFC 6455, 4.1"
  ) { socket, _ in
    guard let request = socket.receiveRequest() else { return .violates("no request for a WebSocket") }
    if let early = socket.link.receiveBytes(1, within: Milliseconds(500)) {
      return .violates("it sends on: \(hex(early))")
    }
    if socket.link.isEnded { return .differs("it does not wait for the answer") }
    socket.link.send(ProbeWebSocket.answer(to: request))
    socket.send(capabilities())
    return socket.judgeGoesOn()
  },
]

/// One that looks at the request.
private func asked(
  _ name: String, _ rows: [String], _ rule: String, _ section: String,
  _ judge: @escaping @Sendable (ProbeHead, ProbeSubject) -> Finding
) -> ProbeCase {
  clientWebSocket(name, rows, "nothing", rule, section) { socket, server in
    guard let request = socket.receiveRequest() else { return .violates("no request for a WebSocket") }
    return judge(request, server)
  }
}

/// One that begins where the client asks for a WebSocket.
func clientWebSocket(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String,
  _ run: @escaping @Sendable (ProbeWebSocket, ProbeSubject) -> Finding
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section, layer: .webSocket) { link, server in
    run(ProbeWebSocket(link, .server), server)
  }
}
