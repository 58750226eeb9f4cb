import DeviceCore
import Port

extension PortCheck {
  mutating func checkFinishWriting() throws(Stop) {
    var peer = try dial()
    try send(5000, to: &peer)
    held[peer.place]!.finishWriting()
    try expectEnd(at: peer)
    try expectArrival(at: peer)
    _ = try ask(.send, peer.number, 5000)
    try receive(5000, from: &peer)
    _ = try ask(.finish, peer.number)
    try receiveEnd(from: &peer)
  }

  mutating func checkPeerFinishes() throws(Stop) {
    var peer = try accept()
    _ = try ask(.finish, peer.number)
    try receiveEnd(from: &peer)
    try send(5000, to: &peer)
    try expectArrival(at: peer)
    held[peer.place]!.finishWriting()
    try expectEnd(at: peer)
  }

  mutating func checkEnd() throws(Stop) {
    var peer = try dial()
    _ = try ask(.send, peer.number, 3000)
    _ = try ask(.close, peer.number)
    try receive(3000, from: &peer)
    for _ in 0..<3 { try receiveEnd(from: &peer) }
  }

  mutating func checkRefusal() throws(Stop) {
    var place = partner
    place.port = UInt16(truncatingIfNeeded: try ask(.closedPort).value)
    // Nil says it too.
    guard let stream = dialler.dial(place) else { return }
    var peer = hold(stream)
    let isOver = try wait { check throws(Stop) in
      switch check.held[peer.place]!.open() {
      case .failed: return true
      case .open: break
      case .busy, .nothingYet, .failing: return false
      }
      switch try check.read(from: &peer) {
      case .failed: return true
      case .nothingYet: return false
      case .end: throw .failed("read says end, as if there had been a connection")
      case .bytes: throw .failed("read gives bytes")
      }
    }
    guard isOver else { throw .failed("10 s after a refusal the connection still says nothingYet") }
  }

  mutating func checkReset() throws(Stop) {
    var peer = try dial()
    try send(100, to: &peer)
    try expectArrival(at: peer)
    _ = try ask(.reset, peer.number)
    switch try next(from: &peer) {
    case .failed: break
    case .end: throw .failed("it says end, and what the peer had not sent yet is missing")
    case .nothingYet: throw .failed("it still says nothingYet after 10 s")
    case .bytes: throw .failed("it gives bytes that the peer has not sent")
    }
    // Systems say it once; a port says it for ever.
    switch try read(from: &peer) {
    case .failed: break
    case .end, .nothingYet, .bytes: throw .failed("after it has failed it goes on as if it had not")
    }
    let one: InlineArray<1, UInt8> = [0]
    guard case .failed = held[peer.place]!.write(one.span) else {
      throw .failed("it does, but write does not")
    }
  }
}
