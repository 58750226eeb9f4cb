import DeviceCore

/// Where a ``Supervisor`` is with its connection. One at a time; every change is told to
/// ``SupervisorDelegate/didEnter(_:at:)``.
public enum SupervisorState: Equatable, Sendable {
  /// The first ``Supervisor/step(serving:)`` has not come.
  case idle
  /// Nothing is tried before this moment.
  case waiting(until: Instant, after: Setback?)
  /// The board has no random bits: neither a pause that nobody can foresee nor a token can be had. It is
  /// asked again at this moment, and until then nothing is dialled.
  case lacksEntropy(until: Instant)
  /// The application looks up where to go, and is given up on at this moment.
  case lookingUp(until: Instant)
  /// The transport connects, and TLS shakes hands; given up at this moment.
  case opening(DialPlace, until: Instant)
  /// Bytes can pass; the peer's CSM has not come.
  case greeting(DialPlace)
  /// The peer's CSM has come.
  case connected(DialPlace)
  /// The connection is coming to its end: one side has released, closed or aborted.
  case ending(DialPlace)
  /// ``Supervisor/shutDown(at:)`` has done its work. The last state.
  case stopped
}

/// Why a ``Supervisor`` has to wait before it tries again.
public enum Setback: Equatable, Sendable {
  /// The application does not know where the server is.
  case notLocated
  /// The dialler could not even begin.
  case notDialled
  /// Nobody answered in time, or refused; TLS says more if it was that far.
  case notOpened(TLSFailure?)
  /// The connection is over.
  case ended(ConnectionEnd)
  /// TLS broke on the connection.
  case broken(TLSFailure)
  /// The server wants to be left alone (Hold-Off, RFC 8323 section 5.5).
  case heldOff
}
