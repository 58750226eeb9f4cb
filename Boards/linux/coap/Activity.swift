import DeviceCore
import Port

/// What a command does on its connection.
protocol Activity: EndpointDelegate {
  /// Sends what is due now. Called whenever time has passed; events say themselves what follows from them.
  mutating func act(on connection: inout Connection, at now: Instant)

  /// When something is due even if nothing comes; nil for never.
  var deadline: Instant? { get }

  /// The connection is over; `reason` is why, if nothing that was told before explains it.
  mutating func didEnd(_ reason: String)
}
