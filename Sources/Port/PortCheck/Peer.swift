import DeviceCore
import Port

/// A connection with the partner, as a check sees it.
struct Peer {
  /// Where the stream is held.
  let place: Int
  /// By which the partner knows it.
  let number: UInt16
  var sentCount: UInt32 = 0
  var receivedCount: UInt32 = 0
  var outgoing: Pattern
  var incoming: Pattern

  init(place: Int, number: UInt16) {
    self.place = place
    self.number = number
    outgoing = Pattern(connection: number)
    incoming = Pattern(connection: number)
  }

  /// Whether so many bytes have passed in both directions.
  func hasExchanged(_ count: UInt32) -> Bool {
    sentCount >= count && receivedCount >= count
  }
}

/// As many bytes as are offered or asked for at a time.
private var largestPiece: Int { 512 }

extension PortCheck {
  /// Offers the next bytes, at most `limit` of them and at least one.
  ///
  /// - Returns: whether some were taken.
  mutating func write(_ limit: UInt32, to peer: inout Peer) throws(Stop) -> Bool {
    // Odd sizes: what goes wrong with the rest of a piece shows.
    let size = min(Int(truncatingIfNeeded: limit), 1 + Int(truncatingIfNeeded: peer.sentCount * 7 % 512))
    var bytes = InlineArray<512, UInt8>(repeating: 0)
    var pattern = peer.outgoing
    for index in 0..<size { bytes[index] = pattern.next() }
    // A copy of a handle is as good as the handle.
    var stream = held[peer.place]!
    switch stream.write(bytes.span.extracting(first: size)) {
    case .nothingYet: return false
    case .failed: throw .failed("it says failed after", peer.sentCount, "bytes, and nothing had happened")
    case .bytes(let count):
      guard count > 0, count <= size else {
        throw .failed("it took none of the bytes, or more than it was given")
      }
      for _ in 0..<count { _ = peer.outgoing.next() }
      peer.sentCount += UInt32(truncatingIfNeeded: count)
      return true
    }
  }

  /// Reads once, at most `limit` bytes, and compares them with what the partner sends.
  mutating func read(_ limit: Int = 512, from peer: inout Peer) throws(Stop) -> ReadResult {
    let size = min(limit, largestPiece)
    var bytes = InlineArray<512, UInt8>(repeating: 0)
    var stream = held[peer.place]!
    var all = bytes.mutableSpan
    var space = all._mutatingExtracting(0..<size)
    let result = stream.read(into: &space)
    guard case .bytes(let count) = result else { return result }
    guard count > 0, count <= size else {
      throw .failed("it says that it read none, or more than there is space")
    }
    for index in 0..<count {
      guard bytes[index] == peer.incoming.next() else {
        throw .failed("the first wrong byte was number", peer.receivedCount + UInt32(index))
      }
    }
    peer.receivedCount += UInt32(truncatingIfNeeded: count)
    return result
  }

  /// Writes so many bytes.
  mutating func send(_ count: UInt32, to peer: inout Peer) throws(Stop) {
    let goal = peer.sentCount + count
    while peer.sentCount < goal {
      let isTaken = try wait { check throws(Stop) in try check.write(goal - peer.sentCount, to: &peer) }
      guard isTaken else { throw .failed("write took no byte for 10 s after", peer.sentCount, "bytes") }
    }
  }

  /// Reads so many bytes.
  mutating func receive(_ count: UInt32, from peer: inout Peer) throws(Stop) {
    let goal = peer.receivedCount + count
    while peer.receivedCount < goal {
      let size = Int(truncatingIfNeeded: min(goal - peer.receivedCount, 1 + peer.receivedCount * 7 % 512))
      switch try next(size, from: &peer) {
      case .bytes: break
      case .nothingYet: throw .failed("nothing came for 10 s after", peer.receivedCount, "bytes")
      case .end: throw .failed("read says end after", peer.receivedCount, "bytes; the peer has sent more")
      case .failed:
        throw .failed("read says failed after", peer.receivedCount, "bytes, and nothing had happened")
      }
    }
  }

  /// What comes next; `nothingYet` after 10 s.
  mutating func next(_ limit: Int = 512, from peer: inout Peer) throws(Stop) -> ReadResult {
    var result = ReadResult.nothingYet
    _ = try wait { check throws(Stop) in
      result = try check.read(limit, from: &peer)
      return result != .nothingYet
    }
    return result
  }

  /// Reads the end of the peer's stream.
  mutating func receiveEnd(from peer: inout Peer) throws(Stop) {
    switch try next(from: &peer) {
    case .end: break
    case .bytes: throw .failed("read gives more bytes than the peer has sent")
    case .nothingYet: throw .failed("read still says nothingYet 10 s after the peer has finished")
    case .failed: throw .failed("read says failed where the peer has finished in order")
    }
  }
}
