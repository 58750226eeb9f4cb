import BoardResources
import CMbedTLS
import DeviceCore
import Port
import PortLwIP
import PortTLS

/// What a firmware keeps for ever, in the one region that its board gives; all but the stack and what lwIP
/// declares by itself.
@safe
struct FirmwareMemory<Stream: ByteStream, Credentials: FirmwareCredentials> {
  @unsafe let generator: UnsafeMutablePointer<SeededGenerator>
  @unsafe let calendar: UnsafeMutablePointer<Calendar>
  @unsafe let network: UnsafeMutablePointer<LwIPNetworkMemory>
  @unsafe let slots: UnsafeMutableBufferPointer<Slot<Stream>>
  @unsafe let context: UnsafeMutablePointer<TLSContextMemory>
  @unsafe let sessions: UnsafeMutableBufferPointer<TLSSession>
  let credentials: Credentials
  @unsafe let arena: UnsafeMutableRawBufferPointer
  @unsafe let update: UnsafeMutablePointer<FirmwareUpdate<SHA256>>
  let pool: LwIPConnectionPool
  /// For the connection that the board dials.
  let home: HomeMemory
  /// How many bytes of the region that takes.
  let byteCount: Int
  /// Whether the region is too small: then nothing was put into it.
  let isExceeded: Bool

  /// - Precondition: see ``MemoryRegion``; the region is all zero.
  @unsafe
  init(_ bytes: UnsafeMutableRawBufferPointer, _ sizes: FirmwareSizes) {
    var region = unsafe MemoryRegion(bytes)
    unsafe generator = unsafe region.take(SeededGenerator.self)
    unsafe calendar = unsafe region.take(Calendar.self)
    unsafe network = unsafe region.take(LwIPNetworkMemory.self)
    unsafe slots = unsafe region.take(Slot<Stream>.self, sizes.connections)
    unsafe context = unsafe region.take(TLSContextMemory.self)
    unsafe sessions = unsafe region.take(TLSSession.self, sizes.secured)
    credentials = unsafe Credentials(&region)
    unsafe update = unsafe region.take(FirmwareUpdate<SHA256>.self)
    unsafe arena = unsafe UnsafeMutableRawBufferPointer(region.take(UInt64.self, sizes.arena / 8))
    // One more for the connection that the board dials, here and below.
    let connectionCount = sizes.connections + 1
    let placeCount = connectionCount + sizes.waiting
    let places = unsafe region.take(LwIPConnection.self, placeCount)
    let windows = unsafe region.take(UInt8.self, placeCount * LwIPConnectionPool.windowByteCount)
    let requests = unsafe region.take(PendingRequest.self, connectionCount)
    let deferred = unsafe region.take(DeferredEntry.self, connectionCount * sizes.deferred)
    let received = unsafe region.take(UInt8.self, connectionCount * sizes.receive)
    let transmitted = unsafe region.take(UInt8.self, connectionCount * sizes.transmit)
    // The board's own connection serves nobody.
    let incoming = unsafe region.take(IncomingBody.self, sizes.connections * sizes.bodies)
    let assembled = unsafe region.take(UInt8.self, sizes.connections * sizes.assembly)
    let answers = unsafe region.take(UInt8.self, sizes.connections * sizes.answer)
    let observers = unsafe region.take(Observer.self, sizes.connections * sizes.observers)
    let observedByteCount = sizes.observers * FirmwareSizes.observedRequest
    let observed = unsafe region.take(UInt8.self, sizes.connections * observedByteCount)
    func memory(_ index: Int) -> ConnectionMemory {
      unsafe ConnectionMemory(
        receive: part(of: received, index, sizes.receive),
        transmit: part(of: transmitted, index, sizes.transmit), requests: part(of: requests, index, 1),
        deferred: part(of: deferred, index, sizes.deferred))
    }
    func servingMemory(_ index: Int) -> ConnectionMemory {
      var memory = memory(index)
      memory.bodies = unsafe BodyMemory(
        incoming: part(of: incoming, index, sizes.bodies),
        assembly: part(of: assembled, index, sizes.assembly),
        answer: part(of: answers, index, sizes.answer))
      memory.observers = unsafe ObserverMemory(
        entries: part(of: observers, index, sizes.observers),
        requests: part(of: observed, index, observedByteCount))
      return memory
    }
    home = unsafe HomeMemory(&region, connection: memory(sizes.connections))
    pool = unsafe LwIPConnectionPool(places: places, windows: windows)
    byteCount = region.usedByteCount
    isExceeded = region.isExceeded
    guard !isExceeded else { return }

    // Bytes are zero already. The rest one by one: a whole array would lie on the stack before.
    unsafe generator.initialize(to: SeededGenerator())
    unsafe calendar.initialize(to: Calendar())
    unsafe network.initialize(to: LwIPNetworkMemory())
    unsafe context.initialize(to: TLSContextMemory())
    home.initialize()
    for index in unsafe sessions.indices { unsafe sessions.initializeElement(at: index, to: TLSSession()) }
    for index in places.indices { unsafe places.initializeElement(at: index, to: LwIPConnection()) }
    unsafe requests.initialize(repeating: PendingRequest())
    unsafe deferred.initialize(repeating: DeferredEntry())
    unsafe incoming.initialize(repeating: IncomingBody())
    unsafe observers.initialize(repeating: Observer())
    unsafe update.initialize(to: FirmwareUpdate())
    for index in 0..<sizes.connections {
      unsafe slots.initializeElement(at: index, to: Slot(memory: servingMemory(index)))
    }
  }
}

/// The part of `count` elements with the number `index`.
@unsafe
private func part<Element>(
  of all: UnsafeMutableBufferPointer<Element>, _ index: Int, _ count: Int
) -> UnsafeMutableBufferPointer<Element> {
  unsafe UnsafeMutableBufferPointer(rebasing: all[index * count..<(index + 1) * count])
}
