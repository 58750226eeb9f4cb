import DeviceCore
import Port

/// What a device told its observer.
struct Witness: DeviceObserver {
  final class Notes {
    var accepted: [Int] = []
    var failures: [TLSFailure] = []
    var events: [Event] = []
    var lacksEntropyCount = 0
    var handled: [Event] = []
    /// What the observer sends when the device looks at a connection, once.
    var path: StaticString?
    /// When it wants to be called again.
    var nextAttention: Instant?
  }

  let notes = Notes()

  mutating func didAccept(slot: Int) { notes.accepted.append(slot) }
  mutating func didFail(slot: Int, _ failure: TLSFailure) { notes.failures.append(failure) }
  mutating func observe(_ event: Event, on connection: inout Connection, slot: Int) {
    notes.events.append(event)
  }
  mutating func lacksEntropy() { notes.lacksEntropyCount += 1 }
  mutating func attend(to connection: inout Connection, slot: Int, at now: Instant) -> Instant? {
    if let path = notes.path, connection.isOpen {
      notes.path = nil
      _ = try? connection.request(.get, at: now) { message throws(WriteError) in
        try message.append(path: path)
      }
    }
    return notes.nextAttention
  }
  mutating func didHandle(_ event: Event, on connection: inout Connection, slot: Int, at now: Instant) {
    notes.handled.append(event)
  }
}

/// A device that serves ``Echo``, with the memory of its slots.
@safe
final class TestDevice<L: Listener> {
  typealias Storage = ConnectionStorage<1152, 1232, 1, 1>

  let board: TestBoard
  let notes: Witness.Notes
  private var device: Device<TestBoard, L, SingleResource<Echo>, Witness>
  private let storage: PinnedArray<Storage>
  private let slots: PinnedArray<Slot<L.Stream>>
  private let words: PinnedArray<UInt32>

  init(_ listener: L, slotCount: Int = 2, board: TestBoard = TestBoard(), hasWakeSet: Bool = false) {
    self.board = board
    let storage = PinnedArray(count: slotCount) { _ in Storage() }
    let slots = PinnedArray(count: slotCount) { index in
      unsafe Slot<L.Stream>(memory: Storage.memory(of: storage.buffer.baseAddress! + index))
    }
    let witness = Witness()
    notes = witness.notes
    self.storage = storage
    self.slots = slots
    words = PinnedArray(count: hasWakeSet ? WakeSet.wordCount(slots: slotCount) : 0) { _ in 0 }
    unsafe device = Device(
      board: board, listener: listener, resources: Resources { Echo() }, observer: witness,
      slots: slots.buffer, wakes: WakeSet(words.buffer))
  }

  var handshakeTimeout: Milliseconds {
    get { device.handshakeTimeout }
    set { device.handshakeTimeout = newValue }
  }
  var isIdle: Bool { device.isIdle }
  var connectionCount: Int { device.connectionCount }

  @discardableResult
  func step() -> Instant? { device.step() }
  func stop() { device.stop() }
  func run() { device.run() }
}
