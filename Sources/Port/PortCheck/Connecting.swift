import DeviceCore
import Port

extension PortCheck {
  /// Opens a connection to the partner.
  mutating func dial() throws(Stop) -> Peer {
    guard let stream = dialler.dial(partner) else { throw .failed("dial gave no connection to the partner") }
    let peer = hold(stream)
    try greet(peer)
    let answer = try askState(peer) { $0.isKnown }
    guard answer.isKnown else {
      throw .failed("the partner did not get the first bytes of a connection within 10 s")
    }
    return peer
  }

  /// Has the partner connect to this machine.
  ///
  /// - Parameter delay: so long after this.
  mutating func call(after delay: Milliseconds = Milliseconds(0)) throws(Stop) -> UInt16 {
    lastNumber += 1
    if delay.rawValue > 0 { _ = try ask(.later, 0, delay.rawValue) }
    _ = try ask(.call, lastNumber)
    return lastNumber
  }

  /// A connection that the partner has opened.
  mutating func accept() throws(Stop) -> Peer {
    let number = try call()
    var stream: D.Stream?
    _ = try wait { check throws(Stop) in
      stream = check.listener.accept()
      return stream != nil
    }
    guard let stream else { throw .failed("accept gave nothing for 10 s, and the partner was connecting") }
    let peer = hold(stream, number)
    try finishOpening(peer)
    return peer
  }

  /// Sends what every connection to the partner begins with.
  mutating func greet(_ peer: Peer) throws(Stop) {
    try finishOpening(peer)
    let greeting = Greeting(number: peer.number, listeningPort: listeningPort)
    try sendAll(greeting.bytes.span, on: peer)
  }

  /// Waits until bytes can pass.
  mutating func finishOpening(_ peer: Peer) throws(Stop) {
    var last = OpenResult.nothingYet
    let isOver = try wait { check throws(Stop) in
      repeat { last = check.held[peer.place]!.open() } while last == .busy
      return last == .open || last == .failed
    }
    guard isOver else { throw .failed("the connection was not open after 10 s") }
    guard last == .open else { throw .failed("open says failed, and nothing had happened") }
  }

  /// Writes a few bytes that belong to no pattern.
  mutating func sendAll(_ bytes: Span<UInt8>, on peer: Peer) throws(Stop) {
    var sent = 0
    while sent < bytes.count {
      let rest = bytes.extracting(sent...)
      var result = WriteResult.nothingYet
      _ = try wait { check throws(Stop) in
        result = check.held[peer.place]!.write(rest)
        return result != .nothingYet
      }
      switch result {
      case .bytes(let count): sent += count
      case .nothingYet: throw .failed("write took nothing for 10 s")
      case .failed: throw .failed("the connection to the partner failed")
      }
    }
  }

  /// Keeps a stream until ``closeAll()``.
  mutating func hold(_ stream: D.Stream, _ number: UInt16? = nil) -> Peer {
    var place = 0
    // A check never has more connections than places.
    while held[place] != nil { place += 1 }
    held[place] = stream
    if let number { return Peer(place: place, number: number) }
    lastNumber += 1
    return Peer(place: place, number: lastNumber)
  }

  mutating func close(_ peer: Peer) {
    held[peer.place]?.close()
    held[peer.place] = nil
  }

  /// Closes all connections but that to the partner's ear.
  mutating func closeAll() {
    for place in 1..<8 where held[place] != nil {
      held[place]?.close()
      held[place] = nil
    }
  }
}
