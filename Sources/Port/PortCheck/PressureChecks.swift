import DeviceCore
import Port

extension PortCheck {
  mutating func checkBackPressure() throws(Stop) {
    var peer = try dial()
    _ = try ask(.pause, peer.number)
    try fill(&peer)
    let start = now()
    _ = try ask(.later, 0, 300)
    _ = try ask(.resume, peer.number)
    let goesOn = try wait(nap: patience) { check throws(Stop) in try check.write(512, to: &peer) }
    guard goesOn else { throw .failed("it says nothingYet for 10 s after the peer reads again") }
    guard now().since(start) < .seconds(8) else { throw .failed("wait slept on when there was room again") }
    try send(20_000, to: &peer)
    try expectArrival(at: peer)
  }

  /// The peer does not read before the connection is closed, so that bytes certainly wait.
  mutating func checkLastBytes() throws(Stop) {
    var peer = try dial()
    _ = try ask(.pause, peer.number)
    try fill(&peer)
    close(peer)
    _ = try ask(.resume, peer.number)
    try expectArrival(at: peer)
    try expectEnd(at: peer)
  }

  /// Writes until nothing is taken any more for half a second.
  private mutating func fill(_ peer: inout Peer) throws(Stop) {
    while true {
      let isTaken = try wait(Milliseconds(500)) { check throws(Stop) in try check.write(512, to: &peer) }
      guard isTaken else { return }
      guard peer.sentCount < 8_000_000 else {
        throw .failed("it took 8000000 bytes, and the peer had read none")
      }
    }
  }

  /// The partner loses what comes, or the emulator pulls the cable: neither end is told.
  mutating func checkCable() throws(Stop) {
    var peer = try dial()
    try send(1000, to: &peer)
    try expectArrival(at: peer)
    guard try ask(.pull, peer.number, 1500).isPossible else {
      throw .skipped("the partner cannot lose packets on this machine")
    }
    sleep(Milliseconds(200))
    try send(1000, to: &peer)
    sleep(Milliseconds(300))
    guard case .nothingYet = try read(from: &peer) else {
      throw .failed("without a cable the connection is over, although it may come back")
    }
    sleep(Milliseconds(1500))
    try expectArrival(at: peer)
    _ = try ask(.send, peer.number, 1000)
    try receive(1000, from: &peer)
  }

  mutating func checkReconnecting() throws(Stop) {
    var peer = try dial()
    guard try ask(.pull, peer.number, 2000).isPossible else {
      throw .skipped("the partner cannot lose packets on this machine")
    }
    sleep(Milliseconds(200))
    try send(1000, to: &peer)
    let start = now()
    close(peer)
    guard now().since(start) < .seconds(1) else { throw .failed("close waits for a peer that is gone") }
    var other = try dial()
    try send(1000, to: &other)
    try expectArrival(at: other)
  }
}
