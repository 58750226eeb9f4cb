import DeviceCore
import Port
import Testing

/// Hosts at their places, a NAT in front of the device, and one clock.
final class SimulatedNetwork {
  let board: TestBoard
  private(set) var hosts: [SimulatedHost] = []
  /// How long a silent connection is remembered; nil for ever.
  var natMemory: Milliseconds?
  /// Whether a forgotten connection is reset when the device sends, instead of swallowed.
  var natResets = false
  /// Nothing can be dialled.
  var isDown = false
  /// The dialler has no memory.
  var isExhausted = false
  /// Everything that was dialled.
  private(set) var dialled: [(time: Instant, place: DialPlace)] = []
  /// Bytes that moved, so that a test knows when all is quiet.
  fileprivate(set) var trafficCount = 0
  /// Connections that the NAT has forgotten.
  fileprivate(set) var forgottenCount = 0

  init(board: TestBoard) { self.board = board }

  func addHost(_ place: DialPlace) -> SimulatedHost {
    let host = SimulatedHost(place, board: board)
    hosts.append(host)
    return host
  }

  func dial(_ place: DialPlace) -> SimulatedStream? {
    dialled.append((board.now, place))
    guard !isExhausted else { return nil }
    let flow = Flow(self, hosts.first { $0.place == place })
    if let host = flow.host, host.isUp, !isDown { host.accept(flow) }
    return SimulatedStream(flow: flow, isDevice: true)
  }

  /// Lets all hosts do what they can.
  func pump() { for host in hosts { host.pump() } }

  /// When a host wants to be called again.
  var deadline: Instant? {
    hosts.compactMap(\.deadline).min { $0.isBefore($1) }
  }
}

/// One connection through the NAT.
final class Flow {
  fileprivate let network: SimulatedNetwork
  fileprivate let host: SimulatedHost?
  fileprivate let pair = LoopbackPair(capacity: 4096)
  private var lastTraffic: Instant
  private(set) var isForgotten = false
  let isSecured: Bool

  fileprivate init(_ network: SimulatedNetwork, _ host: SimulatedHost?) {
    self.network = network
    self.host = host
    isSecured = host?.isSecured ?? false
    lastTraffic = network.board.now
  }

  /// Whether bytes pass; one that does not has been forgotten by the NAT, or is cut off.
  fileprivate func passes(_ now: Instant) -> Bool {
    if !isForgotten, let memory = network.natMemory, memory < now.since(lastTraffic) {
      isForgotten = true
      network.forgottenCount += 1
    }
    return !isForgotten && host?.isCutOff != true
  }

  fileprivate func note(_ count: Int) {
    lastTraffic = network.board.now
    network.trafficCount += count
  }
}

/// One end of a flow. Copies are the same stream.
struct SimulatedStream: ByteStream {
  let flow: Flow
  let isDevice: Bool

  mutating func open() -> OpenResult {
    guard isDevice, let host = flow.host, host.isUp, !flow.network.isDown else {
      return isDevice ? .failed : .open
    }
    return host.opening.count > 1 ? host.opening.removeFirst() : host.opening[0]
  }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    guard flow.passes(flow.network.board.now) else { return .nothingYet }
    var end = isDevice ? flow.pair.one : flow.pair.other
    let result = end.read(into: &space)
    if case .bytes(let count) = result { flow.note(count) }
    return result
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    guard flow.passes(flow.network.board.now) else {
      return flow.network.natResets && isDevice ? .failed : .bytes(bytes.count)
    }
    var end = isDevice ? flow.pair.one : flow.pair.other
    let result = end.write(bytes)
    if case .bytes(let count) = result { flow.note(count) }
    return result
  }

  mutating func finishWriting() {
    guard flow.passes(flow.network.board.now) else { return }
    var end = isDevice ? flow.pair.one : flow.pair.other
    end.finishWriting()
    flow.note(1)
  }

  mutating func close() {
    guard flow.passes(flow.network.board.now) else { return }
    var end = isDevice ? flow.pair.one : flow.pair.other
    end.close()
    flow.note(1)
  }

  var isSecured: Bool { flow.isSecured }
  var hasUnreadInput: Bool { (isDevice ? flow.pair.one : flow.pair.other).hasUnreadInput }
  var failure: TLSFailure? { flow.host?.failure }
}

/// Dials into a simulated network.
struct SimulatedDialler: Dialler {
  let network: SimulatedNetwork

  mutating func dial(_ place: DialPlace) -> SimulatedStream? { network.dial(place) }
}
