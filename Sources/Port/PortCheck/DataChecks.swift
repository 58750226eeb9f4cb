import DeviceCore
import Port

private var transferSize: UInt32 { 100_000 }

extension PortCheck {
  mutating func checkAccept() throws(Stop) {
    var peer = try accept()
    try send(1000, to: &peer)
    try expectArrival(at: peer)
  }

  /// The partner sends a byte after a while, so that a read which waits for one comes back.
  mutating func checkReadOfNothing() throws(Stop) {
    var peer = try dial()
    _ = try ask(.later, 0, 3000)
    _ = try ask(.send, peer.number, 1)
    let start = now()
    var count: UInt32 = 0
    while count < 100 && now().since(start) < .seconds(2) {
      guard case .nothingYet = try read(from: &peer) else {
        throw .failed("it blocked, or gave something, where the peer had sent nothing")
      }
      count += 1
    }
    let time = now().since(start)
    guard time < .seconds(1) else { throw .failed("it took", time.rawValue / count, "ms each time") }
    guard !held[peer.place]!.hasUnreadInput else {
      throw .failed("hasUnreadInput is true where nothing is there")
    }
  }

  mutating func checkWrite() throws(Stop) {
    var peer = try dial()
    try send(transferSize, to: &peer)
    try expectArrival(at: peer)
  }

  mutating func checkRead() throws(Stop) {
    var peer = try dial()
    _ = try ask(.send, peer.number, transferSize)
    try receive(transferSize, from: &peer)
  }

  mutating func checkBothDirections() throws(Stop) {
    var peer = try accept()
    _ = try ask(.send, peer.number, transferSize)
    try exchange(transferSize, with: &peer)
    try expectArrival(at: peer)
  }

  /// Writes and reads so many bytes, each as it goes.
  mutating func exchange(_ count: UInt32, with peer: inout Peer) throws(Stop) {
    while !peer.hasExchanged(count) {
      let isMoving = try wait { check throws(Stop) in try check.move(count, with: &peer) }
      guard isMoving else { throw .failed("nothing was taken and nothing came for 10 s") }
    }
  }

  /// Writes and reads once each, unless so many bytes have passed.
  ///
  /// - Returns: whether a byte has passed.
  mutating func move(_ count: UInt32, with peer: inout Peer) throws(Stop) -> Bool {
    var hasMoved = false
    if peer.sentCount < count { hasMoved = try write(count - peer.sentCount, to: &peer) }
    guard peer.receivedCount < count else { return hasMoved }
    switch try read(from: &peer) {
    case .bytes: return true
    case .nothingYet: return hasMoved
    case .end, .failed: throw .failed("the stream was over after", peer.receivedCount, "bytes that came")
    }
  }
}
