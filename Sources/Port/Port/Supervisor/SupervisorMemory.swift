import DeviceCore

/// The memory of a ``Supervisor``: it belongs to the caller and stays where it is.
@safe
public struct SupervisorMemory {
  let connection: ConnectionMemory
  let telemetry: UnsafeMutableBufferPointer<UInt8>
  let traffic: UnsafeMutablePointer<TrafficMeter>

  /// - Parameters:
  ///   - connection: of the one connection that there is at a time.
  ///   - telemetry: bytes for what was not sent yet; each entry takes ``TelemetryQueue/headerByteCount``
  ///     more than its payload. May be empty.
  ///   - traffic: counts what passes.
  /// - Precondition: all of it is initialised, is used for nothing else, and outlives the supervisor
  ///   without moving.
  @unsafe
  public init(
    connection: ConnectionMemory, telemetry: UnsafeMutableBufferPointer<UInt8>,
    traffic: UnsafeMutablePointer<TrafficMeter>
  ) {
    self.connection = connection
    unsafe self.telemetry = telemetry
    unsafe self.traffic = traffic
  }
}
