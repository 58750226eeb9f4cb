/// What happened on a connection. Values only: the message an event speaks of is
/// ``Connection/message`` until the next call of `poll`.
public enum Event: Equatable, Sendable {
  /// The peer's CSM came in: the first one opens the connection, later ones change
  /// ``Connection/peerCapabilities``.
  case capabilities
  /// The peer sends no CSM and ``Limits/legacyPeerWait`` let us go on with base values.
  case capabilitiesAssumed
  /// A request: call ``Connection/serve(_:at:)``. Left alone, it is answered 5.01 by the next `poll`.
  case request
  /// The response to a request of ours.
  case response(RequestID)
  /// A notification for a request that observes; more may come (RFC 7641). The one that says that no more will
  /// come is a ``response(_:)``.
  case notification(RequestID)
  /// A request of ours will get no response.
  case requestFailed(RequestID, RequestFailure)
  /// The peer answered our Ping.
  case pong(custody: Bool)
  /// The peer wants an orderly end: no reconnecting for so many seconds. Other places to go are the
  /// ``SignalingOption/alternativeAddress`` options of the message.
  case release(holdOffSeconds: UInt32?)
  /// The peer aborted; its diagnostic text is the message's payload.
  case aborted(badCSMOption: UInt16?)
  /// The connection is over. The last event.
  case closed(ConnectionEnd)
}

/// A request of ours while it is under way, an observation until it ends; never used twice on one connection.
public struct RequestID: Equatable, Sendable {
  let token: UInt32
}

/// Why a request of ours got no response.
public enum RequestFailure: Equatable, Sendable {
  case timedOut
  /// The connection ended first; the event ``Event/closed(_:)`` says why.
  case connectionEnded
  /// The response had a critical option that we do not know (RFC 7252 section 5.4.1).
  case unknownCriticalOption(OptionNumber)
  /// The response was larger than announced and was skipped (``Limits/drainByteCount``).
  case responseTooLarge
}

/// Why a command was refused. Nothing was sent.
public enum CommandError: Error, Equatable, Sendable {
  /// The peer's CSM has to come first (RFC 8323 section 3.3).
  case notReady
  /// The connection is being released or is over (RFC 8323 section 5.5).
  case ending
  /// As many requests are under way as the memory has entries for, or a Ping is.
  case tooManyUnderWay
  /// No room in the transmit buffer now; there will be when it has been sent.
  case noRoom
  /// The message would be larger than the peer or the memory takes.
  case tooLarge
  /// The message was not put together in a legal way.
  case invalid(WriteError)
  /// No such deferred request, or no such observation of ours (any more).
  case unknownRequest
  /// The peer does not take a token of this length, or we do not (RFC 8974 section 2.2).
  case tokenTooLong
}
