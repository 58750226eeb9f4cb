import DeviceCore
import Port
import PortWebSocket

typealias TestWebSocket<Base: ByteStream> = WebSocketStream<Base, TestBoard, LibrarySHA1>

/// What one side of WebSockets needs: sessions with their memory, and random bits.
@safe
final class WebSocketSide {
  let board: TestBoard
  let sessions: WebSocketSessionPool
  private let sessionMemory: PinnedArray<WebSocketSession>
  private let memory: [PinnedArray<UInt8>]
  private let origins = PinnedArray(Array("https://page.example".utf8))

  init(sessionCount: Int = 1, fragments: Int = 1160, output: Int = 512, seed: UInt64 = 1) {
    board = TestBoard(seed: seed)
    let regions = (0..<sessionCount).map { _ in
      [PinnedArray(count: fragments) { _ in UInt8(0) }, PinnedArray(count: output) { _ in UInt8(0) }]
    }
    memory = regions.flatMap { $0 }
    sessionMemory = PinnedArray(count: sessionCount) { index in
      unsafe WebSocketSession(
        memory: WebSocketMemory(fragments: regions[index][0].buffer, output: regions[index][1].buffer))
    }
    unsafe sessions = WebSocketSessionPool(sessionMemory.buffer)
  }

  func accept<Base: ByteStream>(_ base: Base, limits: Limits = Limits()) -> TestWebSocket<Base>? {
    unsafe TestWebSocket(
      accepting: base, sessions: sessions, board: board, origins: WebSocketOrigins(origins.readOnly),
      limits: limits, digest: LibrarySHA1.self)
  }

  func dial<Base: ByteStream>(
    _ base: Base, host: String = "board.example", limits: Limits = Limits()
  ) throws(WebSocketFault) -> TestWebSocket<Base>? {
    try TestWebSocket(
      dialling: base, host: Array(host.utf8).span, sessions: sessions, board: board, limits: limits,
      digest: LibrarySHA1.self)
  }

  func listener<Base: Listener>(_ base: Base) -> WebSocketListener<Base, TestBoard, LibrarySHA1> {
    unsafe WebSocketListener(
      base, sessions: sessions, board: board, origins: WebSocketOrigins(origins.readOnly), limits: Limits(),
      digest: LibrarySHA1.self)
  }
}

/// Both ends of a WebSocket over a loopback, on lines that may be bad.
final class WebSocketPair {
  typealias Stream = TestWebSocket<FaultInjector<LoopbackStream>>

  var client: Stream
  var server: Stream
  /// What is under the client.
  let clientBase: LoopbackStream
  let clientFaults: Faults
  let serverFaults: Faults
  private let owners: [AnyObject]

  init(
    capacity: Int = 20_000, piece: Int = .max, output: Int = 512, fragments: Int = 1160,
    limits: Limits = Limits()
  ) throws {
    let loopback = LoopbackPair(capacity: capacity)
    let clientSide = WebSocketSide(fragments: fragments, output: output, seed: 3)
    let serverSide = WebSocketSide(fragments: fragments, output: output, seed: 4)
    clientFaults = Faults(holding: loopback)
    serverFaults = Faults(holding: loopback)
    for faults in [clientFaults, serverFaults] {
      faults.longestRead = piece
      faults.longestWrite = piece
    }
    clientBase = loopback.one
    owners = [loopback, clientSide, serverSide]
    client = try clientSide.dial(FaultInjector(loopback.one, clientFaults), limits: limits)!
    server = serverSide.accept(FaultInjector(loopback.other, serverFaults), limits: limits)!
  }

  /// - Returns: whether both ends are open.
  func shakeHands() -> Bool {
    for _ in 0..<5000 {
      let results = [client.open(), server.open()]
      if results == [.open, .open] { return true }
    }
    return false
  }
}

/// A message of CoAP as it is on a stream.
func streamMessage(token: [UInt8] = [], payload: [UInt8]) -> [UInt8] {
  let body = payload.isEmpty ? [] : [0xff] + payload
  var message: [UInt8] = []
  let count = body.count
  switch count {
  case ..<13: message = [UInt8(count) << 4 | UInt8(token.count)]
  case ..<269: message = [0xd0 | UInt8(token.count), UInt8(count - 13)]
  case ..<65805:
    message = [0xe0 | UInt8(token.count), UInt8((count - 269) >> 8), UInt8((count - 269) & 0xff)]
  default:
    let rest = count - 65805
    message = [0xf0 | UInt8(token.count)] + (0..<4).map { UInt8(rest >> (24 - 8 * $0) & 0xff) }
  }
  return message + [0x45] + token + body
}

/// A frame, with a mask where it is a client's.
func webSocketFrame(_ first: UInt8, _ payload: [UInt8], mask: [UInt8]? = nil) -> [UInt8] {
  let bit: UInt8 = mask == nil ? 0 : 0x80
  var frame = [first]
  switch payload.count {
  case ..<126: frame.append(bit | UInt8(payload.count))
  case ..<65536: frame += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
  default: frame += [bit | 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 0xff) }
  }
  guard let mask else { return frame + payload }
  return frame + mask + payload.enumerated().map { $0.element ^ mask[$0.offset % 4] }
}

/// The opening handshake of a client that is none of ours.
func webSocketRequest(_ more: String = "") -> [UInt8] {
  Array(
    ("GET /.well-known/coap HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: coap\r\n"
      + "Sec-WebSocket-Version: 13\r\n\(more)\r\n").utf8)
}

/// Numbers that look random and are the same in every run (SplitMix64).
struct SeededRandom {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x1234_5678_9abc_def1 }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// From 0 to `bound - 1`.
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func mask() -> [UInt8] { (0..<4).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
