import DeviceCore
import Port

/// Writes to the console what somebody may have to look into: connections that TLS refused.
struct ConsoleLog<M: Machine, Credentials: FirmwareCredentials>: DeviceObserver {
  mutating func didFail(slot: Int, _ failure: TLSFailure) {
    M.write("TLS refused: ")
    switch failure {
    case .peer(let alert):
      M.write("alert ")
      M.write(decimal: UInt32(alert.rawValue))
      M.write(" of the peer")
    case .local(.library(let number)):
      M.write("error -")
      M.write(decimal: number.magnitude)
      M.write(" of mbedTLS")
    case .local(let fault): M.write(Credentials.text(fault) ?? fault.text)
    // None of this firmware's streams is one.
    case .webSocket: M.write("WebSocket")
    }
    M.write("\n")
  }

  mutating func lacksEntropy() {
    M.write("refused: no random bits\n")
  }
}

extension TLSFault {
  /// A few words.
  fileprivate var text: StaticString {
    switch self {
    case .handshakeTimedOut: "the handshake took too long"
    case .closedInHandshake: "closed by the peer"
    case .truncated: "cut off by the peer"
    case .transportFailed: "the connection broke"
    case .notTLS: "not TLS"
    case .protocolVersion: "an old version"
    case .noSharedCipherSuite: "no cipher suite in common"
    case .keysDiffer: "wrong key or identity"
    case .alteredRecord: "an altered record"
    case .messageTooLarge: "a record too large"
    case .outOfMemory: "no memory left"
    case .lacksEntropy: "no random bits"
    case .noApplicationProtocol: "no coap by ALPN"
    default: "a handshake that went wrong"
    }
  }
}
