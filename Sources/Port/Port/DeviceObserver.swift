import DeviceCore

/// Hears what a ``Device`` does, to log or to show it, and may have the device ask its peers. All functions have an empty default.
///
/// Connections are handed in as `inout` even to who only looks: one that is borrowed would be copied, all of it.
public protocol DeviceObserver: ~Copyable {
  /// A peer has connected; `slot` names the connection until it is closed.
  mutating func didAccept(slot: Int)
  /// A stream could not be opened, or TLS broke on it; it is closed.
  mutating func didFail(slot: Int, _ failure: TLSFailure)
  /// An event, before the device acts on it. This is for looking; see
  /// ``didHandle(_:on:slot:at:)`` for sending.
  mutating func observe(_ event: Event, on connection: inout Connection, slot: Int)
  /// A request was answered, or put off.
  mutating func didServe(on connection: inout Connection, slot: Int)
  /// The device has moved what there was to move on a connection: requests of its own may be sent. It comes again when
  /// there was something to move again, and at the moment that was returned last.
  ///
  /// - Returns: when to come again even if nothing moves; nil for never.
  mutating func attend(to connection: inout Connection, slot: Int, at now: Instant) -> Instant?
  /// The device has acted on an event of the connection: more may be sent.
  mutating func didHandle(
    _ event: Event, on connection: inout Connection, slot: Int, at now: Instant)
  /// A connection was turned away because there are no random bits for it.
  mutating func lacksEntropy()
}

extension DeviceObserver where Self: ~Copyable {
  public mutating func didAccept(slot: Int) {}
  public mutating func didFail(slot: Int, _ failure: TLSFailure) {}
  public mutating func observe(_ event: Event, on connection: inout Connection, slot: Int) {}
  public mutating func didServe(on connection: inout Connection, slot: Int) {}
  public mutating func attend(
    to connection: inout Connection, slot: Int, at now: Instant
  ) -> Instant? { nil }
  public mutating func didHandle(
    _ event: Event, on connection: inout Connection, slot: Int, at now: Instant
  ) {}
  public mutating func lacksEntropy() {}
}

/// Hears nothing.
public struct SilentObserver: DeviceObserver {
  /// An observer without state.
  public init() {}
}
