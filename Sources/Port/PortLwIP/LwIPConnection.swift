import CLwIP

/// The place of one TCP connection: what lwIP has told about it, and where lwIP finds it.
@safe
public struct LwIPConnection: ~Copyable {
  var phase = Phase.free
  /// lwIP's side; nil when lwIP has forgotten the connection, or goes on with it alone.
  @unsafe var transport: OpaquePointer?
  var window = unsafe ReceiveWindow(UnsafeMutableBufferPointer(start: nil, count: 0))
  /// The peer has closed its side.
  var isInputEnded = false
  /// We have closed ours.
  var isOutputEnded = false
  var port: UInt16 = 0
  /// Counts the connections that came in, so that the oldest is accepted first.
  var arrival: UInt16 = 0
  @unsafe var news: UnsafeMutablePointer<Bool>?

  /// Where a connection is in its life.
  enum Phase {
    case free
    /// A peer has opened it, nobody has accepted it yet.
    case waiting
    /// We have dialled, the peer has not answered yet.
    case connecting
    case open
    /// Broken.
    case failed
  }

  /// How long lwIP may go on with a connection that is closed here, in half seconds: what was written may still
  /// be on its way. After that the peer is taken for gone.
  private static var closingLimit: UInt8 { 20 }

  /// A place that is free.
  public init() {}

  /// - Precondition: `transport` is alive and belongs to nobody else.
  @unsafe
  static func begin(
    _ place: UnsafeMutablePointer<LwIPConnection>, _ transport: OpaquePointer, phase: Phase
  ) {
    unsafe place.pointee.phase = phase
    unsafe place.pointee.transport = transport
    unsafe place.pointee.isInputEnded = false
    unsafe place.pointee.isOutputEnded = false
    unsafe tcp_arg(transport, place)
    unsafe tcp_recv(transport) { place, _, data, _ in
      unsafe LwIPConnection.at(place!).pointee.received(data)
    }
    unsafe tcp_sent(transport) { place, _, _ in
      unsafe LwIPConnection.at(place!).pointee.tell()
      return err_t(CLWIP_OK)
    }
    unsafe tcp_err(transport) { place, _ in
      unsafe LwIPConnection.at(place!).pointee.broke()
    }
    unsafe clwip_send_promptly(transport)
  }

  /// lwIP goes on alone: it sends what was written, waits for the peer's acknowledgement, and forgets it.
  mutating func letGo() {
    guard let transport = unsafe transport else { return }
    unsafe self.transport = nil
    unsafe tcp_arg(transport, nil)
    unsafe tcp_recv(transport, nil)
    unsafe tcp_sent(transport, nil)
    unsafe tcp_err(transport, nil)
    unsafe tcp_poll(
      transport,
      { _, transport in
        unsafe tcp_abort(transport)
        return err_t(CLWIP_ABORTED)
      }, LwIPConnection.closingLimit)
    // New connections come first when memory is short.
    unsafe tcp_setprio(transport, UInt8(CLWIP_LOWEST_PRIORITY))
    // What cannot be sent now for want of memory is sent by lwIP's timer; there is no other error here.
    _ = unsafe tcp_close(transport)
  }

  // MARK: What lwIP tells

  @unsafe
  static func at(_ place: UnsafeMutableRawPointer) -> UnsafeMutablePointer<LwIPConnection> {
    unsafe place.assumingMemoryBound(to: LwIPConnection.self)
  }

  /// - Parameter data: nil for the end of the peer's stream.
  @unsafe
  private mutating func received(_ data: OpaquePointer?) -> err_t {
    tell()
    guard let data = unsafe data else {
      isInputEnded = true
      // Over in both directions: lwIP forgets it without telling.
      if isOutputEnded { letGo() }
      return err_t(CLWIP_OK)
    }
    guard unsafe window.append(data) else { return err_t(CLWIP_OUT_OF_MEMORY) }
    _ = unsafe pbuf_free(data)
    return err_t(CLWIP_OK)
  }

  /// lwIP has already forgotten it.
  private mutating func broke() {
    tell()
    unsafe transport = nil
    // Nobody knows yet of one that waits.
    phase = phase == .waiting ? .free : .failed
  }

  mutating func tell() {
    unsafe news?.pointee = true
  }
}

/// Places for all connections of a network, and the memory for what their peers send.
@safe
public struct LwIPConnectionPool {
  private let places: UnsafeMutableBufferPointer<LwIPConnection>
  private let windows: UnsafeMutableBufferPointer<UInt8>

  /// Bytes that a peer may send before they are read: TCP_WND of lwIP's configuration.
  public static var windowByteCount: Int { Int(clwip_window()) }

  /// - Parameters:
  ///   - places: one for each connection that is open, dialled, or waiting to be accepted.
  ///   - windows: ``windowByteCount`` bytes for each place.
  /// - Precondition: the memory of both is initialised, outlives the network and does not move. lwIP was
  ///   compiled for at least so many connections.
  @unsafe
  public init(
    places: UnsafeMutableBufferPointer<LwIPConnection>, windows: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(places.count > 0 && windows.count / places.count >= LwIPConnectionPool.windowByteCount)
    unsafe self.places = places
    unsafe self.windows = windows
  }

  /// A place that is free, with its memory, or nil.
  func take(news: UnsafeMutablePointer<Bool>) -> UnsafeMutablePointer<LwIPConnection>? {
    let byteCount = LwIPConnectionPool.windowByteCount
    for index in unsafe places.indices where unsafe places[index].phase == .free {
      let bytes = unsafe UnsafeMutableBufferPointer(
        start: windows.baseAddress! + index * byteCount, count: byteCount)
      unsafe places[index].window = unsafe ReceiveWindow(bytes)
      unsafe places[index].news = unsafe news
      return unsafe places.baseAddress! + index
    }
    return nil
  }

  /// How many connections wait to be accepted on a port.
  func waitingCount(port: UInt16) -> Int {
    var count = 0
    for index in unsafe places.indices where isWaiting(index, port) { count += 1 }
    return count
  }

  /// The connection that has waited longest on a port.
  func oldestWaiting(port: UInt16) -> UnsafeMutablePointer<LwIPConnection>? {
    var oldest: UnsafeMutablePointer<LwIPConnection>?
    for index in unsafe places.indices where isWaiting(index, port) {
      let place = unsafe places.baseAddress! + index
      if let other = unsafe oldest {
        guard unsafe place.pointee.arrival &- other.pointee.arrival >= 0x8000 else { continue }
      }
      unsafe oldest = unsafe place
    }
    return unsafe oldest
  }

  /// How many places are not free.
  public var usedCount: Int {
    var count = 0
    for index in unsafe places.indices where unsafe places[index].phase != .free { count += 1 }
    return count
  }

  private func isWaiting(_ index: Int, _ port: UInt16) -> Bool {
    unsafe places[index].phase == .waiting && places[index].port == port
  }
}
