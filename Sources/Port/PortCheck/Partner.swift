import DeviceCore
import Port

/// What the partner can be told to do. The numbers are those of `toolchain/lib/check_partner.py`.
enum Command: UInt8 {
  /// The partner's clock in milliseconds.
  case time = 1
  /// Seconds since the beginning of 1970 UTC.
  case date = 2
  /// How many bytes of a connection have arrived, and how it stands.
  case state = 3
  /// The next `call`, `send` or `resume` is to be done so many milliseconds later.
  case later = 4
  /// Connect to this machine.
  case call = 5
  /// Send so many bytes of the pattern.
  case send = 6
  /// Close the sending side when everything is sent.
  case finish = 7
  /// Close when everything is sent.
  case close = 8
  /// Reset the connection.
  case reset = 9
  /// Read nothing any more.
  case pause = 10
  /// Read again.
  case resume = 11
  /// Lose all that comes, for so many milliseconds.
  case pull = 12
  /// A port of the partner's machine where nobody listens.
  case closedPort = 13
}

/// What the partner says.
struct Answer {
  let status: UInt8
  let flags: UInt8
  let value: UInt32

  /// Whether it knows the connection.
  var isKnown: Bool { status != 1 }
  /// Whether it can do that.
  var isPossible: Bool { status != 2 }
  /// Whether it has read the end of the stream.
  var hasEnded: Bool { flags & 1 != 0 }
  /// Whether the connection is broken.
  var isBroken: Bool { flags & 2 != 0 }
  /// Whether a byte was wrong; `value` is its number.
  var isWrong: Bool { flags & 4 != 0 }
}

/// The first bytes of every connection to the partner.
struct Greeting {
  let bytes: InlineArray<8, UInt8>

  init(number: UInt16, listeningPort: UInt16) {
    bytes = [
      0x50, 0x43, 1, 0, UInt8(number >> 8), UInt8(truncatingIfNeeded: number), UInt8(listeningPort >> 8),
      UInt8(truncatingIfNeeded: listeningPort),
    ]
  }
}

extension PortCheck {
  /// Opens the connection for commands, and sees that the partner answers.
  mutating func meetPartner() throws(Stop) {
    isHopeless = true
    guard let stream = dialler.dial(partner) else { throw .failed("it gave no connection to the partner") }
    held[0] = stream
    try greet(Peer(place: 0, number: 0))
    _ = try ask(.time)
  }

  /// Has the partner do something, and waits for what it says.
  mutating func ask(_ command: Command, _ number: UInt16 = 0, _ argument: UInt32 = 0) throws(Stop) -> Answer {
    let ear = Peer(place: 0, number: 0)
    let bytes: InlineArray<8, UInt8> = [
      command.rawValue, 0, UInt8(number >> 8), UInt8(truncatingIfNeeded: number), byte(argument, 24),
      byte(argument, 16), byte(argument, 8), byte(argument, 0),
    ]
    isHopeless = true
    try sendAll(bytes.span, on: ear)
    let answer = try readAnswer()
    isHopeless = false
    return answer
  }

  private mutating func readAnswer() throws(Stop) -> Answer {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    var count = 0
    while count < 8 {
      var result = ReadResult.nothingYet
      _ = try wait { check throws(Stop) in
        var all = bytes.mutableSpan
        var space = all._mutatingExtracting(count..<8)
        result = check.held[0]!.read(into: &space)
        return result != .nothingYet
      }
      switch result {
      case .bytes(let more): count += more
      case .nothingYet: throw .failed("the partner's answer did not come within 10 s")
      case .end, .failed: throw .failed("the connection to the partner is over")
      }
    }
    var value: UInt32 = 0
    for index in 4..<8 { value = value << 8 | UInt32(bytes[index]) }
    return Answer(status: bytes[0], flags: bytes[1], value: value)
  }

  private func byte(_ number: UInt32, _ shift: UInt32) -> UInt8 {
    UInt8(truncatingIfNeeded: number &>> shift)
  }

  /// Asks how a connection stands until that is as it should be, or for 10 s.
  mutating func askState(_ peer: Peer, until isDone: (Answer) -> Bool) throws(Stop) -> Answer {
    let deadline = now() + patience
    while true {
      let answer = try ask(.state, peer.number)
      if isDone(answer) || deadline.isReached(at: now()) { return answer }
      sleep(Milliseconds(10))
    }
  }

  /// Waits until the partner has got all that was written to it.
  mutating func expectArrival(at peer: Peer) throws(Stop) {
    let sent = peer.sentCount
    let answer = try askState(peer) { $0.isWrong || $0.isBroken || $0.value >= sent }
    if answer.isWrong { throw .failed("the first byte that came wrong was number", answer.value) }
    if answer.isBroken { throw .failed("the connection broke for the peer after", answer.value, "bytes") }
    guard answer.value >= sent else {
      throw .failed("10 s later the peer lacks", sent - answer.value, "bytes that write had taken")
    }
    guard answer.value == sent else {
      throw .failed("the peer got", answer.value - sent, "bytes that were not written")
    }
  }

  /// Waits until the partner has read the end of the stream.
  mutating func expectEnd(at peer: Peer) throws(Stop) {
    let answer = try askState(peer) { $0.hasEnded || $0.isBroken }
    if answer.isBroken { throw .failed("the connection broke for the peer after", answer.value, "bytes") }
    guard answer.hasEnded else { throw .failed("the peer has not seen the end after 10 s") }
  }
}
