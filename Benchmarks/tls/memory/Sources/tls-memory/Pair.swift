import Port
import PortTLS

/// Both sides of TLS in one process and in one arena, joined by a loopback.
struct Pair {
  private let pipes: [Pinned<LoopbackPipe>]

  init() {
    pipes = (0..<2).map { _ in unsafe Pinned(LoopbackPipe(PinnedArray(count: 20_000) { _ in 0 }.buffer)) }
  }

  /// How a handshake has ended on one side: nil when it is open.
  typealias End = TLSFailure?

  /// How it has ended on both, and how many bytes each has written by then.
  struct Result {
    let client: End
    let server: End
    let clientByteCount: Int
    let serverByteCount: Int

    var isOpen: Bool { client == nil && server == nil }
  }

  /// Shakes hands until it is over on both sides, and closes both.
  func shakeHands(
    _ client: inout Side, _ server: inout Side, clientDamage: Damage = Damage(),
    serverDamage: Damage = Damage()
  ) -> Result {
    let (one, other) = unsafe LoopbackStream.pair(pipes[0].pointer, pipes[1].pointer)
    var near = Handshake(client.connect(BadLine(one, clientDamage)))
    var far = Handshake(server.connect(BadLine(other, serverDamage)))
    // Whoever waits for ever is given up, as a deadline would do.
    for _ in 0..<1000 where !(near.isOver && far.isOver) {
      near.advance()
      far.advance()
    }
    defer {
      near.close()
      far.close()
    }
    return Result(
      client: near.end, server: far.end, clientByteCount: clientDamage.writtenCount,
      serverByteCount: serverDamage.writtenCount)
  }

  /// Lets one side shake hands with a peer that writes these bytes, and closes then.
  func send(_ bytes: [UInt8], to side: inout Side) -> End {
    let (one, other) = unsafe LoopbackStream.pair(pipes[0].pointer, pipes[1].pointer)
    var peer = other
    var handshake = Handshake(side.connect(one))
    _ = peer.write(bytes.span)
    handshake.advance()
    peer.close()
    for _ in 0..<1000 where !handshake.isOver { handshake.advance() }
    handshake.close()
    return handshake.end
  }
}

/// A handshake that is advanced by and by.
private struct Handshake<Base: ByteStream> {
  private var stream: TLSStream<Base>
  private(set) var isOver = false
  private(set) var end: TLSFailure? = .local(.handshakeTimedOut)

  init(_ stream: TLSStream<Base>) { self.stream = stream }

  mutating func advance() {
    guard !isOver else { return }
    switch stream.open() {
    case .open:
      isOver = true
      end = nil
    case .failed:
      isOver = true
      end = stream.failure ?? .local(.transportFailed)
      stream.close()
    case .failing: end = stream.failure ?? end
    case .busy, .nothingYet: break
    }
  }

  mutating func close() {
    if !isOver || end == nil { stream.close() }
    isOver = true
  }
}
