import DeviceCore
import LinuxSupport

extension ConnectionEnd {
  /// Why there is no answer, in a line; nil when only the stream knows.
  func reason(_ arguments: ConnectionArguments) -> String? {
    switch self {
    case .aborted(.capabilitiesMissing): "the peer sent no CSM within \(arguments.csmTimeout) s"
    case .aborted(.capabilitiesNotFirst): "the peer sent something else before its CSM"
    case .aborted(.format(.messageTooLarge)):
      "the peer sent a message larger than the \(arguments.maxMessageSize) bytes that it was told"
    case .aborted(let fault):
      "the peer broke the protocol: \(fault.text)" + (fault.number.map { " \($0)" } ?? "")
    // Only for what the peer did to the stream.
    case .abortedLocally: nil
    case .abortedByPeer: "the peer aborted"
    case .releasedByPeer: "the peer released the connection without an answer"
    case .released, .releaseTimedOut: "the connection was released without an answer"
    case .closedByPeer: "the peer closed the connection without an answer"
    case .truncated: "the peer closed the connection within a message"
    case .unresponsive: "the peer does not answer"
    case .notReading: "the peer does not read what it is sent"
    case .transportFailed: nil
    }
  }
}

extension Connection {
  /// The text that came with the last event's Abort or Release: ` "..."`, or nothing.
  var peerText: String {
    guard let message, message.payload.count > 0 else { return "" }
    return " \"\(printableText(message.payload))\""
  }
}
