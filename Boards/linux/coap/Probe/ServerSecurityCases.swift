import DeviceCore

/// What a server agrees to in the handshake of TLS 1.2 (RFC 8323 section 8.2, RFC 7925, RFC 9325).
let securityCases: [ProbeCase] = [
  security(
    "tls-protocol", ["U-10", "TL-18"], "a ClientHello that offers the protocol coap",
    "A server on another port than 5684 takes part in ALPN, and chooses coap.", "RFC 8323, 8.2",
    isAbout: .coap,
    ProbeHello(extensions: [ProbeHello.protocols("coap")])
  ) { $0.judgeProtocol($1) },
  security(
    "tls-protocol-list", ["U-10", "TL-18"], "a ClientHello that offers http/1.1 and coap",
    "The protocol is chosen out of the list.", "RFC 7301, 3.2", isAbout: .coap,
    ProbeHello(extensions: [ProbeHello.protocols("http/1.1", "coap")])
  ) { $0.judgeProtocol($1) },
  security(
    "tls-other-protocol", ["TL-18"], "a ClientHello that offers http/1.1 only",
    "Without a protocol in common the server ends with the alert no_application_protocol.", "RFC 7301, 3.2",
    isAbout: .coap, ProbeHello(extensions: [ProbeHello.protocols("http/1.1")])
  ) { answer, _ in
    switch answer {
    case .alert(120): .conforms("alert 120")
    case .alert(let other): .differs("alert \(other)")
    case .hello: .violates("it goes on")
    case let other: other.unusual
    }
  },
  security(
    "tls-1.1", ["TL-01"], "a ClientHello of TLS 1.1", "Nothing below TLS 1.2 is spoken.", "RFC 9325, 3.1.1",
    ProbeHello(version: 0x0302, suites: ProbeHello.soundSuites + [0xc009, 0xc013, 0x008c, 0x002f])
  ) { answer, _ in answer.judgeRefusal { $0.version < 0x0303 } },
  security(
    "tls-unsound-ciphers", ["TL-06"], "a ClientHello with NULL, RC4 and export ciphers",
    "None of them is taken.", "RFC 9325, 4.1", ProbeHello(suites: ProbeHello.unsoundSuites)
  ) { answer, _ in answer.judgeRefusal { _ in true } },
  security(
    "tls-compression", ["TL-13"], "a ClientHello that offers compression", "Nothing is compressed.",
    "RFC 7925, 8", ProbeHello(compressions: [1, 0])
  ) { answer, _ in
    guard case .hello(let hello) = answer else { return answer.refusal }
    return hello.compression == 0 ? .conforms("no compression") : .violates("compression")
  },
  security(
    "tls-truncated-hmac", ["TL-13"], "a ClientHello with truncated_hmac",
    "Codes that authenticate are not shortened.", "RFC 7925, 13", ProbeHello(extensions: [(4, [])])
  ) { answer, _ in
    guard case .hello(let hello) = answer else { return answer.refusal }
    return hello.extensions[4] == nil ? .conforms("not taken") : .violates("taken")
  },
  security(
    "tls-master-secret", ["TL-17"], "a ClientHello with extended_master_secret",
    "The master secret depends on the whole handshake.", "RFC 9325, 3.5", ProbeHello(extensions: [(23, [])])
  ) { answer, _ in
    guard case .hello(let hello) = answer else { return answer.refusal }
    return hello.extensions[23] == nil ? .differs("not taken") : .conforms("taken")
  },
  security(
    "tls-unknown-name", ["TL-15"], "a ClientHello for no-such-name.invalid",
    "A name that the server does not have ends with the alert unrecognized_name.", "RFC 9325, 3.7",
    ProbeHello(extensions: [ProbeHello.serverName("no-such-name.invalid")])
  ) { answer, _ in
    switch answer {
    case .alert(112): return .conforms("alert 112")
    case .alert(let other): return .differs("alert \(other)")
    case .hello(let hello):
      let hasKey = [0xc0a8, 0xc0a4, 0x00a8, 0xccac, 0xccab, 0xd005].contains(hello.suite)
      return hasKey ? .skipped("a shared key has no name") : .differs("it goes on")
    case let other: return other.unusual
    }
  },
]

/// Whether a case is about coaps+tcp alone, or about any TLS.
private enum Subject {
  case coap, anything
}

extension ProbeHello.Answer {
  fileprivate func judgeProtocol(_ subject: ProbeSubject) -> Finding {
    guard case .hello(let hello) = self else { return refusal }
    guard let chosen = hello.extensions[16] else {
      return subject.port == 5684
        ? .conforms("no ALPN, which this port may do without") : .violates("no ALPN")
    }
    return chosen == [0, 5, 4] + Array("coap".utf8) ? .conforms("coap") : .violates(hex(chosen))
  }

  /// - Parameter isBad: whether the server should not have said that.
  fileprivate func judgeRefusal(_ isBad: (ProbeHello.ServerHello) -> Bool) -> Finding {
    switch self {
    case .alert(let number): .conforms("alert \(number)")
    case .end: .conforms("end")
    case .hello(let hello):
      isBad(hello) ? .violates("it goes on") : .conforms("it goes on with TLS 1.2")
    case .other, .nothing: unusual
    }
  }

  /// Nothing is known of a server that speaks no TLS 1.2, or has no suite in common with this prober.
  fileprivate var refusal: Finding {
    switch self {
    case .alert(let number): .skipped("it refuses TLS 1.2 with alert \(number)")
    case let other: other.unusual
    }
  }

  fileprivate var unusual: Finding {
    switch self {
    case .end: .differs("it ends without an alert")
    case .nothing: .violates("nothing")
    case .other(let what): .violates("no TLS: \(what)")
    case .alert(let number): .differs("alert \(number)")
    case .hello: .differs("it goes on")
    }
  }
}

private func security(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String,
  isAbout subject: Subject = .anything, _ hello: ProbeHello,
  _ judge: @escaping @Sendable (ProbeHello.Answer, ProbeSubject) -> Finding
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section, layer: .security) { link, server in
    if subject == .coap && server.isWebSocket { return .skipped("coaps+ws has no protocol of its own") }
    return judge(link.say(hello), server)
  }
}
