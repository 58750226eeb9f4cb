/// What one end sends on a connection, taken apart by the rules of RFC 8323 without any code of the core.
final class Wire {
  private let world: World
  private let name: String
  /// The beginning of a message.
  private var rest: [UInt8] = []
  private var count = 0
  private var largest = Wire.smallestLimit
  /// Own requests that the peer has not answered, by token, and whether they register an observation.
  private var requests: [[UInt8]: Bool] = [:]
  private var pings: Set<[UInt8]> = []
  private var hasReleased = false
  private var hasAborted = false
  private var isWrong = false
  private var webSocket: WebSocketWire?

  /// What every end takes (RFC 8323 section 5.3.1).
  private static let smallestLimit = 1152

  init(_ world: World, _ name: String, _ webSocket: WebSocketWire?) {
    self.world = world
    self.name = name
    self.webSocket = webSocket
  }

  /// The end's transport has taken these bytes.
  func take(_ bytes: ArraySlice<UInt8>, from peer: Wire) {
    guard !isWrong else { return }
    if webSocket != nil {
      for message in webSocket!.take(bytes) where !isWrong {
        // The length is the frame's: Len is always zero (RFC 8323 section 4.2).
        guard message.count >= 2, message[0] >> 4 == 0, message.count >= 2 + Int(message[0] & 15) else {
          return complain("a WebSocket message that is none of CoAP")
        }
        check(message[...], headByteCount: 2, peer)
      }
      if let fault = webSocket!.fault { complain(fault) }
      return
    }
    rest += bytes
    var start = 0
    while !isWrong, let head = Head(rest[start...]), start + head.messageByteCount <= rest.count {
      check(rest[start..<start + head.messageByteCount], headByteCount: head.byteCount, peer)
      start += head.messageByteCount
    }
    rest.removeFirst(start)
  }

  /// The end has closed its writing side: it has nothing more to say, so it has said all of it.
  func finish() {
    if !rest.isEmpty || webSocket?.isWithinFrame == true {
      complain("the writing side is closed within a message")
    }
  }

  private func complain(_ text: String) {
    guard !isWrong else { return }
    isWrong = true
    world.complain("\(name), message \(count) on the wire: \(text)")
  }

  /// - Parameter headByteCount: from the start to the token.
  private func check(_ message: ArraySlice<UInt8>, headByteCount: Int, _ peer: Wire) {
    let tokenByteCount = Int(message.first! & 15)
    let code = message[message.startIndex + headByteCount - 1]
    let token = Array(message.dropFirst(headByteCount).prefix(tokenByteCount))
    let options = Options(message.dropFirst(headByteCount + tokenByteCount))
    defer { count += 1 }
    if tokenByteCount > 8 { return complain("a token of \(tokenByteCount) bytes") }
    guard let options else { return complain("options that are none") }
    if hasAborted { return complain("something behind an Abort") }
    if count == 0, code != 0xe1 { return complain("the first one is no CSM") }
    if message.count > max(peer.largest, Wire.smallestLimit) {
      return complain("\(message.count) bytes where the peer takes \(peer.largest)")
    }
    switch code >> 5 {
    case 0: checkRequest(code, token, options)
    case 2, 4, 5: checkResponse(code, token, options, peer)
    case 7: checkSignal(code, token, options, peer)
    default: complain("the code \(code >> 5).\(code & 0x1f)")
    }
  }

  private func checkRequest(_ code: UInt8, _ token: [UInt8], _ options: Options) {
    if code == 0 || code > 7 { return complain("the method 0.\(code)") }
    if hasReleased { return complain("a request behind a Release") }
    if requests[token] != nil { return complain("a token that is in use") }
    requests[token] = options.numbers.contains(6)
  }

  private func checkResponse(_ code: UInt8, _ token: [UInt8], _ options: Options, _ peer: Wire) {
    guard let isObserving = peer.requests[token] else {
      return complain("an answer that nobody waits for, perhaps the second one")
    }
    let isNotification = code >> 5 == 2 && options.numbers.contains(6)
    if isNotification, !isObserving { return complain("a notification that nobody asked for") }
    if !isNotification { peer.requests[token] = nil }
  }

  private func checkSignal(_ code: UInt8, _ token: [UInt8], _ options: Options, _ peer: Wire) {
    switch code {
    case 0xe1: if let limit = options.first(2) { largest = limit }
    case 0xe2: pings.insert(token)
    case 0xe3: if peer.pings.remove(token) == nil { complain("a Pong without a Ping") }
    case 0xe4: hasReleased = true
    case 0xe5: hasAborted = true
    default: complain("the signal 7.\(code & 0x1f)")
    }
  }

  /// Len, token length and Code (RFC 8323 section 3.2).
  private struct Head {
    let byteCount: Int
    let messageByteCount: Int

    /// Nil when it has not all come.
    init?(_ bytes: ArraySlice<UInt8>) {
      guard let first = bytes.first else { return nil }
      let nibble = Int(first >> 4)
      let width = [13: 1, 14: 2, 15: 4][nibble] ?? 0
      guard bytes.count >= 2 + width else { return nil }
      let extended = bytes.dropFirst().prefix(width).reduce(0) { $0 << 8 | Int($1) }
      byteCount = 2 + width
      let bodyByteCount = ([13: 13, 14: 269, 15: 65805][nibble] ?? nibble) + extended
      messageByteCount = byteCount + Int(first & 15) + bodyByteCount
    }
  }

  /// Options and payload (RFC 7252 section 3.1).
  private struct Options {
    private(set) var numbers: [Int] = []
    private var values: [ArraySlice<UInt8>] = []

    /// Nil when they are malformed.
    init?(_ bytes: ArraySlice<UInt8>) {
      var bytes = bytes
      var number = 0
      while let first = bytes.popFirst() {
        if first == 0xff {
          if bytes.isEmpty { return nil }
          return
        }
        guard let delta = Options.extended(Int(first >> 4), &bytes),
          let count = Options.extended(Int(first & 15), &bytes), count <= bytes.count
        else { return nil }
        number += delta
        numbers.append(number)
        values.append(bytes.prefix(count))
        bytes = bytes.dropFirst(count)
      }
    }

    func first(_ number: Int) -> Int? {
      numbers.firstIndex(of: number).map { values[$0].reduce(0) { $0 << 8 | Int($1) } }
    }

    private static func extended(_ nibble: Int, _ bytes: inout ArraySlice<UInt8>) -> Int? {
      guard nibble > 12 else { return nibble }
      guard nibble < 15, bytes.count >= nibble - 12 else { return nil }
      let value = bytes.prefix(nibble - 12).reduce(0) { $0 << 8 | Int($1) }
      bytes = bytes.dropFirst(nibble - 12)
      return value + (nibble == 13 ? 13 : 269)
    }
  }
}
