/// What the peer did that made us abort the connection (RFC 8323 section 5.6).
public enum ProtocolFault: Error, Equatable, Sendable {
  /// Bytes that are no message.
  case format(FormatFault)
  /// Something else came before the first CSM (RFC 8323 section 3.3).
  case capabilitiesNotFirst
  /// No CSM in time.
  case capabilitiesMissing
  /// A critical option of a CSM that we do not know; told with Bad-CSM-Option.
  case unknownCapability(UInt16)
  /// A CSM option with an impossible value; told with Bad-CSM-Option.
  case invalidCapability(UInt16)
  /// A critical option in another signaling message (RFC 8323 section 5.2).
  case unknownSignalingOption(UInt16)
  /// A code of a class that means nothing, or an unassigned signaling code.
  case reservedCode(Code)
  /// A message stopped half-way for too long.
  case messageStalled

  /// A sentence for a person; ``number`` belongs behind it where there is one.
  public var text: StaticString {
    switch self {
    case .format(let fault): fault.text
    case .capabilitiesNotFirst: "CSM expected first"
    case .capabilitiesMissing: "no CSM in time"
    case .unknownCapability: "unknown critical CSM option"
    case .invalidCapability: "invalid value of CSM option"
    case .unknownSignalingOption: "unknown critical signaling option"
    case .reservedCode: "reserved code"
    case .messageStalled: "message not completed in time"
    }
  }

  /// The option number or the raw code that the text speaks of.
  public var number: UInt16? {
    switch self {
    case .unknownCapability(let number), .invalidCapability(let number),
      .unknownSignalingOption(let number):
      number
    case .reservedCode(let code): UInt16(code.rawValue)
    default: nil
    }
  }

  /// What Bad-CSM-Option says, if it is to be sent.
  var badCSMOption: UInt16? {
    switch self {
    case .unknownCapability(let number), .invalidCapability(let number): number
    default: nil
    }
  }
}

/// Why a connection is over.
public enum ConnectionEnd: Equatable, Sendable {
  /// The peer broke the rules; it was told so by an Abort.
  case aborted(ProtocolFault)
  /// The application aborted.
  case abortedLocally
  /// The peer aborted; the number is its Bad-CSM-Option. Its text was in ``Event/aborted(badCSMOption:)``.
  case abortedByPeer
  /// The peer released, and everything that it had asked was answered.
  case releasedByPeer
  /// We released and the peer closed.
  case released
  /// We released and the peer did not close in time.
  case releaseTimedOut
  /// The peer closed between two messages.
  case closedByPeer
  /// The peer closed within a message.
  case truncated
  /// No byte came back after a Ping, or none came for as long while there was no room for one.
  case unresponsive
  /// The peer took none of our bytes for too long.
  case notReading
  /// The transport broke.
  case transportFailed
}
