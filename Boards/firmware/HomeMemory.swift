import DeviceCore
import Port
import PortTLS

/// The memory for the connection that a board dials.
@safe
struct HomeMemory {
  let connection: ConnectionMemory
  @unsafe private let telemetry: UnsafeMutableBufferPointer<UInt8>
  @unsafe private let traffic: UnsafeMutablePointer<TrafficMeter>
  @unsafe let context: UnsafeMutablePointer<TLSContextMemory>
  @unsafe let sessions: UnsafeMutableBufferPointer<TLSSession>
  @unsafe let key: UnsafeMutablePointer<PreSharedKey>

  /// Reports that could not be sent yet.
  private static var telemetryByteCount: Int { 256 }

  /// Takes the memory, without touching it.
  ///
  /// - Precondition: see ``MemoryRegion``.
  @unsafe
  init(_ region: inout MemoryRegion, connection: ConnectionMemory) {
    self.connection = connection
    unsafe telemetry = unsafe region.take(UInt8.self, HomeMemory.telemetryByteCount)
    unsafe traffic = unsafe region.take(TrafficMeter.self)
    unsafe context = unsafe region.take(TLSContextMemory.self)
    unsafe sessions = unsafe region.take(TLSSession.self, 1)
    unsafe key = unsafe region.take(PreSharedKey.self)
  }

  /// - Precondition: the memory is there. It is called once.
  func initialize() {
    unsafe traffic.initialize(to: TrafficMeter())
    unsafe context.initialize(to: TLSContextMemory())
    unsafe sessions.initializeElement(at: 0, to: TLSSession())
  }

  /// All that a supervisor needs.
  var supervisor: SupervisorMemory {
    unsafe SupervisorMemory(connection: connection, telemetry: telemetry, traffic: traffic)
  }
}
