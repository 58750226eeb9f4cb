import DeviceCore

/// A message put together option by option without the core's own writer. One at a time.
struct RawMessage {
  private var body = ByteStore(.message)
  private var number = 0
  private let code: Code
  private let token: StaticString
  /// Further bytes of the token, for scenarios with many of them.
  private let serial: UInt32?

  /// - Parameter token: hexadecimal, at most 12 bytes.
  init(_ code: Code, _ token: StaticString, serial: UInt32? = nil) {
    self.code = code
    self.token = token
    self.serial = serial
    body.removeAll()
  }

  /// With Uri-Path options still to come or without any.
  @inline(never)
  mutating func add(_ number: Int, uint value: UInt32) {
    var count = 0
    while count < 4 && value >> UInt32(truncatingIfNeeded: count * 8) > 0 { count += 1 }
    appendHeader(number, count)
    for index in 0..<count {
      body.append(UInt8(truncatingIfNeeded: value >> UInt32(truncatingIfNeeded: (count - 1 - index) * 8)))
    }
  }

  @inline(never)
  mutating func add(_ number: Int, text: StaticString) {
    appendHeader(number, text.utf8CodeUnitCount)
    body.append(text.bytes)
  }

  /// The four bytes that a resource's validator has on the wire.
  mutating func add(_ number: Int, eTag: UInt32) {
    appendHeader(number, 4)
    let bytes = serialBytes(eTag)
    body.append(bytes.span)
  }

  mutating func add(path: StaticString) { add(11, text: path) }

  /// Block1 (27) or Block2 (23).
  mutating func add(_ number: Int, block: UInt32, _ isMore: Bool = false, exponent: UInt32) {
    add(number, uint: block << 4 | (isMore ? 8 : 0) | exponent)
  }

  @inline(never)
  mutating func add(pattern range: Range<UInt32>, _ version: UInt32 = 0) {
    guard !range.isEmpty else { return }
    body.append(0xff)
    for index in range { body.append(patternByte(index, version)) }
  }

  mutating func add(payload text: StaticString) {
    body.append(0xff)
    body.append(text.bytes)
  }

  private mutating func appendHeader(_ next: Int, _ length: Int) {
    let delta = next - number
    precondition(delta >= 0)
    number = next
    let deltaWidth = RawMessage.width(delta)
    let lengthWidth = RawMessage.width(length)
    let deltaNibble = deltaWidth == 0 ? delta : deltaWidth + 12
    let lengthNibble = lengthWidth == 0 ? length : lengthWidth + 12
    body.append(UInt8(deltaNibble << 4 | lengthNibble))
    RawMessage.appendExtension(to: &body, delta, deltaWidth)
    RawMessage.appendExtension(to: &body, length, lengthWidth)
  }

  /// Appends the whole message.
  @inline(never)
  func append(to store: inout ByteStore) {
    let token = ByteStore(.vector, hex: self.token)
    let tokenCount = token.count + (serial == nil ? 0 : 4)
    precondition(tokenCount <= 12)
    let width = RawMessage.width(body.count)
    store.append(UInt8((width == 0 ? body.count : width + 12) << 4 | tokenCount))
    RawMessage.appendExtension(to: &store, body.count, width)
    store.append(code.rawValue)
    store.append(token.bytes)
    if let serial {
      let bytes = serialBytes(serial)
      store.append(bytes.span)
    }
    store.append(body.bytes)
  }

  static func width(_ value: Int) -> Int { value < 13 ? 0 : value < 269 ? 1 : 2 }

  static func appendExtension(to store: inout ByteStore, _ value: Int, _ width: Int) {
    if width == 1 { store.append(UInt8(value - 13)) }
    if width == 2 {
      store.append(UInt8((value - 269) >> 8))
      store.append(UInt8((value - 269) & 0xff))
    }
  }
}
