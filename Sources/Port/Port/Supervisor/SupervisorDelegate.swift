import DeviceCore

/// What the application knows of a place.
public enum LookUp: Equatable, Sendable {
  /// There it is.
  case found(DialPlace)
  /// A name server was asked; it is asked for again.
  case pending
  /// Nowhere.
  case unknown
}

/// What became of an entry of telemetry.
public enum TelemetryOutcome: Equatable, Sendable {
  /// The server's response, whatever it says; the entry is gone. 4.29 and 5.03 are none: they only delay.
  case answered(Code)
  /// There was a response that could not be taken; the entry is gone.
  case failed(RequestFailure)
  /// The entry cannot be sent: the application's options are illegal, or it is larger than the peer takes.
  /// It is gone.
  case unsendable(CommandError)
}

/// The application of a ``Supervisor``.
public protocol SupervisorDelegate: ~Copyable {
  /// Where the server is that this device was made for. Asked before each attempt to go there, so that a
  /// name can be looked up again, and again while it is pending.
  mutating func locateServer(at now: Instant) -> LookUp

  /// Begins to look up the name that a server sends the device on to. What is needed later has to be
  /// copied.
  ///
  /// Not asked for numeric addresses. By default no name is known.
  mutating func lookUp(_ name: Span<UInt8>, port: UInt16, at now: Instant) -> LookUp

  /// How the last ``lookUp(_:port:at:)`` goes that was pending.
  mutating func continueLookUp(at now: Instant) -> LookUp

  /// The state has changed.
  mutating func didEnter(_ state: SupervisorState, at now: Instant)

  /// The peer's CSM has come: identify this device, register, observe. Nothing of an earlier connection is
  /// left (RFC 8323 section 5.5). Called once on each connection.
  mutating func restore(on connection: inout Connection, at now: Instant)

  /// Something happened on the connection: all but what belongs to telemetry. Requests are served after
  /// this.
  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant)

  /// Writes options and payload of the request that carries an entry of telemetry. It is a POST unless
  /// `message.code` is changed. Called again when the entry has to be sent again.
  mutating func write(
    _ payload: Span<UInt8>, tag: UInt8, to message: inout MessageWriter
  ) throws(WriteError)

  /// An entry of telemetry is gone.
  mutating func didSettle(tag: UInt8, _ outcome: TelemetryOutcome)
}

extension SupervisorDelegate where Self: ~Copyable {
  public mutating func lookUp(_ name: Span<UInt8>, port: UInt16, at now: Instant) -> LookUp { .unknown }
  public mutating func continueLookUp(at now: Instant) -> LookUp { .unknown }
  public mutating func didEnter(_ state: SupervisorState, at now: Instant) {}
  public mutating func restore(on connection: inout Connection, at now: Instant) {}
  public mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {}
  public mutating func didSettle(tag: UInt8, _ outcome: TelemetryOutcome) {}
}
