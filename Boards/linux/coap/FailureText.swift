import DeviceCore
import LinuxSupport

extension RequestFailure {
  /// A line for a person; nil when the end of the connection will say more.
  ///
  /// - Parameter timeout: how long a response may take.
  func reason(_ timeout: Seconds) -> String? {
    switch self {
    case .timedOut: "no response within \(timeout) s"
    case .connectionEnded: nil
    case .unknownCriticalOption(let number):
      "the response has the critical option \(number.rawValue), which is not understood"
    case .responseTooLarge: "the response is larger than announced"
    }
  }
}

extension WriteError {
  /// A line for a person.
  var reason: String {
    switch self {
    case .tooLarge: "the request cannot be written: it is too large"
    case .outOfOrder, .payloadBegun: "the request cannot be written: its options are out of order"
    case .invalidValue:
      "the request cannot be written: an option has a value of a length that it must not have"
    case .repeated: "the request cannot be written: an option is repeated that must not be"
    }
  }
}

extension TransferError {
  /// A line for a person.
  var reason: String {
    switch self {
    case .otherBlock: "the server sent another block than the one that was asked for"
    case .wrongLength: "the server sent a block of a wrong length"
    case .changed: "the resource changed"
    case .tooLarge: "the body is larger than blocks can be numbered, 1 GiB"
    }
  }
}

extension CommandError {
  /// Why a request was not sent, in a line for a person; nil when it can be sent later, or when the end of the
  /// connection will say more.
  func reason(_ connection: borrowing Connection) -> String? {
    let peer = connection.peerCapabilities
    switch self {
    // Perhaps it is not once the peer has said what it takes.
    case .tooLarge where !connection.isOpen: return nil
    case .tooLarge:
      return "the request is larger than the \(peer.maximumMessageByteCount) bytes that the peer takes"
        + (peer.supportsBlockWiseTransfer
          ? "" : " (--block-size cuts it, if the peer can put it together)")
    case .invalid(let reason): return reason.reason
    case .tokenTooLong:
      return "the server takes tokens of \(peer.maximumTokenByteCount) bytes: 4 are ours, --token-state is "
        + "longer than the rest"
    default: return nil
    }
  }
}
