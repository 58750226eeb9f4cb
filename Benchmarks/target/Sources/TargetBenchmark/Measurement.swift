import CHarness
import CStopwatch
import DeviceCore

/// What an exchange costs.
struct Measurement {
  /// Why it could not be measured.
  enum Fault: Error {
    /// The connection did not open.
    case notOpen
    /// Other bytes went out than should have.
    case wrongOutput
    /// One exchange costs more than another, so there is no figure for each.
    case uneven
  }

  let instructions: UInt32
  /// How many bytes went out.
  let outputCount: Int

  /// Few and many, so that the stopwatch's own cost drops out and its 40 instructions a tick do not show.
  private static var few: UInt32 { 100 }
  private static var many: UInt32 { 10_100 }

  /// Measures `exchange` on a new connection.
  init<E: Exchange & ~Copyable>(_ exchange: inout E) throws(Fault) {
    let now = Instant(rawValue: 0)
    var connection = try Measurement.openConnection(at: now)
    exchange.prepare(&connection, at: now)
    Measurement.drop(&connection, at: now)
    outputCount = try Measurement.checkOnce(&exchange, &connection, at: now)
    let few = Measurement.repeated(Measurement.few, &exchange, &connection, at: now)
    let many = Measurement.repeated(Measurement.many, &exchange, &connection, at: now)
    _ = try Measurement.checkOnce(&exchange, &connection, at: now)
    let each = Measurement.many - Measurement.few
    let perTick = UInt32(STOPWATCH_INSTRUCTIONS_PER_TICK)
    let sum = (many - few) * perTick
    let rounded = (sum + each / 2) / each
    // A reading may be a tick early or late, each of the four.
    let difference = max(sum, rounded * each) - min(sum, rounded * each)
    guard difference <= 4 * perTick else { throw .uneven }
    instructions = rounded
  }

  /// - Returns: how many bytes went out; they are the right ones.
  private static func checkOnce<E: Exchange & ~Copyable>(
    _ exchange: inout E, _ connection: inout Connection, at now: Instant
  ) throws(Fault) -> Int {
    exchange.run(&connection, at: now)
    let count = connection.pendingOutput.count
    guard exchange.isRight(connection.pendingOutput) else { throw .wrongOutput }
    connection.didSend(count, at: now)
    return count
  }

  /// - Returns: ticks.
  @inline(never)
  private static func repeated<E: Exchange & ~Copyable>(
    _ count: UInt32, _ exchange: inout E, _ connection: inout Connection, at now: Instant
  ) -> UInt32 {
    let start = stopwatch_ticks()
    for _ in 0..<count {
      exchange.run(&connection, at: now)
      let length = connection.pendingOutput.count
      harness_consume(UInt32(truncatingIfNeeded: length))
      connection.didSend(length, at: now)
    }
    return stopwatch_difference(start, stopwatch_ticks())
  }

  /// A connection after both CSMs.
  private static func openConnection(at now: Instant) throws(Fault) -> Connection {
    var memory = unsafe withUnsafeMutablePointer(to: &storage) { unsafe Storage.memory(of: $0) }
    memory.observers = unsafe withUnsafeMutablePointer(to: &observers) { unsafe Observers.memory(of: $0) }
    var connection = Connection(role: .acceptor, memory: memory, firstToken: 1, at: now)
    let capabilities: InlineArray<2, UInt8> = [0x00, 0xe1]
    _ = connection.receive(capabilities.span, at: now)
    guard connection.poll(at: now) == .capabilities else { throw .notOpen }
    drop(&connection, at: now)
    return connection
  }

  /// As if what was to be sent had been.
  private static func drop(_ connection: inout Connection, at now: Instant) {
    let count = connection.pendingOutput.count
    connection.didSend(count, at: now)
  }
}

private typealias Storage = ConnectionStorage<1152, 1232, 4, 2>
private typealias Observers = ObserverStorage<2, 64>
nonisolated(unsafe) private var observers = Observers()
// In place for as long as the program runs; one connection at a time.
nonisolated(unsafe) private var storage = Storage()
