import DeviceCore

/// What a client offers in the handshake of TLS 1.2 (RFC 8323 section 8.2, RFC 7925, RFC 9325).
let clientHelloCases: [ProbeCase] = [
  hello(
    "client-tls-protocol", ["U-11", "U-13", "TL-18"],
    "On another port than 5684 a client offers the protocol coap; on 5684 it may.", "RFC 8323, 8.2"
  ) { hello, server in
    if server.isWebSocket { return .skipped("coaps+ws has no protocol of its own") }
    guard let names = hello.protocols else {
      return server.port == 5684 ? .conforms("none, which this port may do without") : .violates("no ALPN")
    }
    let text = names.joined(separator: ", ")
    return names.contains("coap") ? .conforms(text) : .violates(text)
  },
  ProbeCase(
    "client-tls-server-name", ["TL-14"], sends: "the handshake",
    rule: "A name is sent as server_name, an address never is.", "RFC 6066, 3", layer: .security
  ) { link, server in
    guard let hello = link.receiveHello() else { return .violates("no ClientHello") }
    let name = hello.serverName
    if let name, isAddress(name) { return .violates("the address \(name)") }
    guard server.isWebSocket else { return .conforms(name ?? "none, as for an address") }
    if case .failed(let reason)? = server.host?.shakeHands(on: link) {
      return .skipped("TLS failed: \(reason)")
    }
    guard let request = ProbeWebSocket(link, .server).receiveRequest() else {
      return .skipped("no request for a WebSocket")
    }
    let host = withoutPort(request.fields["host"] ?? "")
    if isAddress(host) {
      return name == nil ? .conforms("none for \(host)") : .differs("\(name!) for \(host)")
    }
    guard let name else { return .violates("none for \(host)") }
    return name.lowercased() == host.lowercased() ? .conforms(name) : .differs("\(name) for \(host)")
  },
  hello(
    "client-tls-ciphers", ["TL-06"],
    "No cipher suites without encryption, with RC4 or short keys; those with forward secrecy.",
    "RFC 9325, 4.1"
  ) { hello, _ in
    let bad = hello.suites.filter(ProbeClientHello.unsound.contains)
    if !bad.isEmpty { return .violates(list(bad)) }
    let old = hello.suites.filter(ProbeClientHello.outdated.contains)
    return old.isEmpty ? .conforms(list(hello.suites)) : .differs(list(old))
  },
  hello(
    "client-tls-mandatory", ["TL-03", "TL-04"],
    "With a shared key C0A8 is offered, with certificates of a curve C0AE: what every device has.",
    "RFC 7925, 4.2"
  ) { hello, _ in
    var missing: [UInt16] = []
    let offers = { (kind: Set<UInt16>) in hello.suites.contains(where: kind.contains) }
    if offers(ProbeClientHello.sharedKey) && !hello.suites.contains(0xc0a8) { missing.append(0xc0a8) }
    if offers(ProbeClientHello.curveCertificate) && !hello.suites.contains(0xc0ae) { missing.append(0xc0ae) }
    return missing.isEmpty ? .conforms(list(hello.suites)) : .violates("without \(list(missing))")
  },
  hello(
    "client-tls-signatures", ["TL-11"],
    "signature_algorithms has SHA-256, where there are certificates.", "RFC 7925, 5"
  ) { hello, _ in
    guard let algorithms = hello.signatureAlgorithms else {
      let hasKeyOnly = hello.suites.allSatisfy { ProbeClientHello.sharedKey.contains($0) || $0 == 0x00ff }
      return hasKeyOnly ? .skipped("a shared key needs no signature") : .violates("no signature_algorithms")
    }
    return algorithms.contains { $0 >> 8 == 4 } ? .conforms(list(algorithms)) : .violates(list(algorithms))
  },
  hello("client-tls-compression", ["TL-13"], "Nothing is compressed.", "RFC 7925, 8") { hello, _ in
    hello.compressions == [0] ? .conforms("none") : .violates("compression \(hex(hello.compressions))")
  },
  hello(
    "client-tls-hmac", ["TL-13"], "Codes that authenticate are not shortened.", "RFC 7925, 13"
  ) { hello, _ in
    hello.extensions[4] == nil ? .conforms("not offered") : .violates("truncated_hmac")
  },
  hello(
    "client-tls-master-secret", ["TL-17"], "The master secret depends on the whole handshake.",
    "RFC 9325, 3.5"
  ) { hello, _ in
    hello.extensions[23] == nil ? .differs("extended_master_secret is not offered") : .conforms("offered")
  },
  hello(
    "client-tls-fragments", ["TL-16"], "A device asks for small records with max_fragment_length.",
    "RFC 7925, 15"
  ) { hello, _ in
    guard let body = hello.extensions[1] else {
      return hello.extensions[28] == nil ? .differs("not asked for") : .conforms("record_size_limit")
    }
    guard body.count == 1, (1...4).contains(body[0]) else { return .violates(hex(body)) }
    return .conforms("\(256 << Int(body[0])) bytes")
  },
  hello(
    "client-tls-tickets", ["TL-12"],
    "A session can be resumed, by a ticket where the server has little memory.",
    "RFC 7925, 7"
  ) { hello, _ in
    switch (hello.extensions[35], hello.session.isEmpty) {
    case (let ticket?, _): .conforms(ticket.isEmpty ? "it asks for a ticket" : "it has a ticket")
    case (nil, false): .conforms("it names a session")
    case (nil, true): .differs("it neither asks for a ticket nor names a session")
    }
  },
  hello(
    "client-tls-early-data", ["TL-20"], "Nothing is sent before the handshake is over.", "RFC 9325, 3.10"
  ) { hello, _ in
    hello.extensions[42] == nil ? .conforms("none") : .violates("early_data")
  },
]

private func list(_ numbers: [UInt16]) -> String { numbers.map { hex(pair($0)) }.joined(separator: " ") }

private func isAddress(_ name: String) -> Bool {
  name.contains(":") || name.split(separator: ".").allSatisfy { $0.allSatisfy(\.isNumber) }
}

private func withoutPort(_ host: String) -> String {
  if host.hasPrefix("[") { return String(host.dropFirst().prefix { $0 != "]" }) }
  return String(host.prefix { $0 != ":" })
}

/// One that looks at the ClientHello, and ends.
private func hello(
  _ name: String, _ rows: [String], _ rule: String, _ section: String,
  _ judge: @escaping @Sendable (ProbeClientHello, ProbeSubject) -> Finding
) -> ProbeCase {
  ProbeCase(name, rows, sends: "nothing", rule: rule, section, layer: .security) { link, server in
    guard let hello = link.receiveHello() else { return .violates("no ClientHello") }
    return judge(hello, server)
  }
}
