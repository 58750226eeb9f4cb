import DeviceCore
import Port

extension PortCheck {
  /// Each of the four ways to begin and to end a connection, often enough that what is left behind runs out.
  mutating func checkClosing() throws(Stop) {
    for round in 0..<UInt32(200) {
      do throws(Stop) {
        let peer = round & 1 == 0 ? try dial() : try accept()
        try end(peer, byPartner: round & 2 == 0)
      } catch {
        guard case .failed(var reason) = error else { throw error }
        reason.round = round + 1
        throw .failed(reason)
      }
    }
  }

  private mutating func end(_ peer: Peer, byPartner: Bool) throws(Stop) {
    var peer = peer
    if byPartner {
      _ = try ask(.close, peer.number)
      try receiveEnd(from: &peer)
      close(peer)
    } else {
      close(peer)
      try expectEnd(at: peer)
    }
  }

  mutating func checkSeveral() throws(Stop) {
    let count = min(placeCount - 1, 4)
    guard count > 1 else { throw .skipped("there is one connection beside that for the partner's commands") }
    var peers = InlineArray<4, Peer?>(repeating: nil)
    for index in 0..<count { peers[index] = index & 1 == 0 ? try accept() : try dial() }
    for index in 0..<count { _ = try ask(.send, peers[index]!.number, 10_000) }
    var areDone = false
    while !areDone {
      let isMoving = try wait { check throws(Stop) in
        var hasMoved = false
        for index in 0..<count where try check.move(10_000, with: &peers[index]!) { hasMoved = true }
        return hasMoved
      }
      guard isMoving else { throw .failed("none of the connections moved for 10 s") }
      areDone = true
      for index in 0..<count where !peers[index]!.hasExchanged(10_000) { areDone = false }
    }
    for index in 0..<count { try expectArrival(at: peers[index]!) }
  }
}
