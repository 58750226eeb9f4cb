import DeviceCore
import LinuxSupport

extension ConnectionEnd {
  /// Why there is no answer, in a line; nil when only the stream knows.
  func reason(_ arguments: ConnectionArguments) -> String? {
    switch self {
    case .aborted(.capabilitiesMissing): "the peer sent no CSM within \(arguments.csmTimeout) s"
    case .aborted(.capabilitiesNotFirst): "the peer sent something else before its CSM"
    case .aborted(.format(.messageTooLarge)):
      "the peer sent a message larger than the \(arguments.maxMessageSize) bytes that it was told "
        + "(--max-message-size takes more)"
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

extension Event {
  /// What an event that ends the connection says about an answer that has not come; nil when only the stream
  /// knows, or when it is another event.
  func endReason(_ connection: borrowing Connection, _ arguments: ConnectionArguments) -> String? {
    switch self {
    case .aborted(let option):
      let bad = option.map { " (about CSM option \($0))" } ?? ""
      let text = connection.peerText
      return "the peer aborted" + (text.isEmpty ? "" : ":\(text)") + bad
    case .release(let holdOff):
      let wait = holdOff.map { ", to come back after \($0) s" } ?? ""
      return "the peer released the connection without an answer\(wait)\(connection.peerText)"
    case .closed(let end): return end.reason(arguments)
    default: return nil
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
