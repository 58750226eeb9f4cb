/// What one end of a WebSocket sends, taken apart by the rules of RFC 6455 without any code of the core.
struct WebSocketWire {
  private let isClient: Bool
  private var rest: [UInt8] = []
  private var hasShakenHands = false
  /// A message of which not all fragments have come.
  private var fragments: [UInt8]?
  private var isClosed = false
  /// The rule that was broken.
  private(set) var fault: String?

  init(isClient: Bool) { self.isClient = isClient }

  /// Whether an end here would be one within a frame.
  var isWithinFrame: Bool { hasShakenHands && !rest.isEmpty }

  /// - Returns: the messages that are whole now.
  mutating func take(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
    rest += bytes
    if !hasShakenHands { shakeHands() }
    var messages: [[UInt8]] = []
    while hasShakenHands, fault == nil, let frame = nextFrame() {
      if let message = handle(frame) { messages.append(message) }
    }
    return messages
  }

  private mutating func shakeHands() {
    let first = Array((isClient ? "GET /.well-known/coap HTTP/1.1\r\n" : "HTTP/1.1 101 ").utf8)
    if !rest.starts(with: first.prefix(rest.count)) { fault = "no opening handshake" }
    let blank = Array("\r\n\r\n".utf8)
    guard rest.count >= 4,
      let end = (4...rest.count).first(where: { rest[($0 - 4)..<$0].elementsEqual(blank) })
    else { return }
    hasShakenHands = true
    rest.removeFirst(end)
  }

  private struct Frame {
    let isFinal: Bool
    let operation: UInt8
    let payload: [UInt8]
  }

  /// The next frame, when all of it has come (RFC 6455 section 5.2).
  private mutating func nextFrame() -> Frame? {
    guard rest.count >= 2 else { return nil }
    let isMasked = rest[1] & 0x80 != 0
    let short = Int(rest[1] & 0x7f)
    let width = short == 127 ? 8 : short == 126 ? 2 : 0
    let head = 2 + width + (isMasked ? 4 : 0)
    guard rest.count >= head else { return nil }
    let extended = rest[2..<2 + width].reduce(0) { $0 << 8 | Int($1) }
    let count = width == 0 ? short : extended
    if rest[0] & 0x70 != 0 { fault = "a frame with reserved bits" }
    if isMasked != isClient { fault = "a frame that is \(isMasked ? "" : "not ")masked" }
    if width == 2 && count < 126 || width == 8 && count < 65536 { fault = "a length in a longer form" }
    guard rest.count >= head + count else { return nil }
    var payload = Array(rest[head..<head + count])
    if isMasked { for index in payload.indices { payload[index] ^= rest[head - 4 + index % 4] } }
    let frame = Frame(isFinal: rest[0] & 0x80 != 0, operation: rest[0] & 15, payload: payload)
    rest.removeFirst(head + count)
    return frame
  }

  /// - Returns: a message that is whole now.
  private mutating func handle(_ frame: Frame) -> [UInt8]? {
    if isClosed { fault = "a frame behind a Close" }
    switch frame.operation {
    case 0:
      guard fragments != nil else {
        fault = "a continuation of nothing"
        return nil
      }
      fragments! += frame.payload
    case 2:
      if fragments != nil { fault = "a message within another one" }
      fragments = frame.payload
    case 8, 9, 10:
      if !frame.isFinal || frame.payload.count > 125 { fault = "a control frame that is too long" }
      if frame.operation == 8 {
        isClosed = true
        if frame.payload.count == 1 { fault = "half a Close code" }
      }
      return nil
    default:
      fault = "a frame of the kind \(frame.operation)"
      return nil
    }
    guard frame.isFinal else { return nil }
    defer { fragments = nil }
    return fragments
  }
}
