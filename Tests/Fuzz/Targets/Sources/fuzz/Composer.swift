@testable import Scenarios

/// A message put together byte by byte, legal or not, without the core's writer.
struct Composer {
  private(set) var body = ByteStore(.message)
  private var number = 0

  init() { body.removeAll() }

  /// An option of this number with so many bytes of the tape; numbers may not fall.
  mutating func add(_ number: Int, _ length: Int, _ tape: inout Tape) {
    appendHeader(number, length)
    for _ in 0..<length { body.append(tape.byte()) }
  }

  mutating func add(_ number: Int, _ value: Span<UInt8>) {
    appendHeader(number, value.count)
    body.append(value)
  }

  private mutating func appendHeader(_ next: Int, _ length: Int) {
    let delta = next - number
    number = next
    let deltaWidth = RawMessage.width(delta)
    let lengthWidth = RawMessage.width(length)
    body.append(
      UInt8((deltaWidth == 0 ? delta : deltaWidth + 12) << 4 | (lengthWidth == 0 ? length : lengthWidth + 12))
    )
    RawMessage.appendExtension(to: &body, delta, deltaWidth)
    RawMessage.appendExtension(to: &body, length, lengthWidth)
  }

  mutating func append(_ bytes: Span<UInt8>) { body.append(bytes) }

  /// The whole message with a token of at most 12 bytes.
  func message(_ code: UInt8, token: StaticString = "", in region: Region = .input) -> ByteStore {
    let token = ByteStore(.vector, hex: token)
    var store = ByteStore(region)
    let width = RawMessage.width(body.count)
    store.append(UInt8((width == 0 ? body.count : width + 12) << 4 | token.count))
    RawMessage.appendExtension(to: &store, body.count, width)
    store.append(code)
    store.append(token.bytes)
    store.append(body.bytes)
    return store
  }
}
