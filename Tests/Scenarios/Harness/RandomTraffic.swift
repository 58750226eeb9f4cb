import DeviceCore

// Messages from a seed, put together without the core's own writer.

extension Random {
  /// Bytes without any sense; small ones, 0xff and typical codes come often.
  mutating func appendNoise(to store: inout ByteStore, _ count: Int) {
    for _ in 0..<count {
      switch below(6) {
      case 0: store.append(UInt8(below(16)))
      case 1: store.append(0xff)
      case 2: store.append(0xe0 + UInt8(below(6)))
      default: store.append(byte())
      }
    }
  }

  /// One legal message of any kind that a peer may send at any time.
  mutating func appendTraffic(to store: inout ByteStore) {
    switch below(12) {
    case 0: store.append(hex: "0000")
    case 1: store.append(hex: "02e2 0102")
    case 2: store.append(hex: "11e2 05 20")
    case 3: store.append(hex: "00e3")
    case 4: store.append(hex: "50e1 220800 20 40")
    case 5: appendMessage(to: &store, code: 0x45, largestToken: 8, largestOption: 20)
    default:
      appendMessage(to: &store, code: UInt8(1 + below(7)), largestToken: 8, largestOption: 20)
    }
  }

  /// A legal message: options with any delta and length that their definitions allow, any payload. A plain one has
  /// none of the options that change what becomes of a response.
  mutating func appendMessage(
    to store: inout ByteStore, code: UInt8, largestToken: Int, largestOption: Int,
    isPlain: Bool = false
  ) {
    var body = ByteStore(.toClient)
    var number = 0
    for _ in 0..<below(6) {
      var step = oneIn(8) ? below(20_000) : oneIn(3) ? below(400) : below(14)
      let wanted = Random.transferOptions[below(Random.transferOptions.count)]
      if oneIn(2) && wanted >= number { step = wanted - number }
      appendOption(to: &body, &number, step: step, largest: largestOption, isPlain: isPlain)
    }
    if oneIn(2) {
      body.append(0xff)
      for _ in 0...(oneIn(6) ? below(600) : below(30)) { body.append(byte()) }
    }
    let tokenCount = below(largestToken + 1)
    let bodyWidth = Random.width(body.count)
    let tokenWidth = Random.width(tokenCount)
    let lengthNibble = UInt8(bodyWidth == 0 ? body.count : bodyWidth + 12)
    let tokenNibble = UInt8(tokenWidth == 0 ? tokenCount : tokenWidth + 12)
    store.append(lengthNibble << 4 | tokenNibble)
    Random.appendExtension(to: &store, body.count, bodyWidth)
    store.append(code)
    Random.appendExtension(to: &store, tokenCount, tokenWidth)
    for _ in 0..<tokenCount { store.append(byte()) }
    store.append(body.bytes)
  }

  private mutating func appendOption(
    to body: inout ByteStore, _ number: inout Int, step: Int, largest: Int, isPlain: Bool
  ) {
    let next = number + step
    guard next <= 65535 else { return }
    // Block2, Block1, Size2 and No-Response are acted on before any handler.
    if isPlain && (next == 23 || next == 27 || next == 28 || next == 258) { return }
    var length = oneIn(3) ? below(largest) : below(14)
    if let rule = OptionNumber(rawValue: UInt16(next)).rule {
      if step == 0 && number > 0 && !rule.isRepeatable { return }
      let least = Int(rule.minimumLength)
      length = least + below(min(Int(rule.maximumLength), largest) - least + 1)
    }
    let deltaWidth = Random.width(step)
    let lengthWidth = Random.width(length)
    let deltaNibble = UInt8(deltaWidth == 0 ? step : deltaWidth + 12)
    let lengthNibble = UInt8(lengthWidth == 0 ? length : lengthWidth + 12)
    body.append(deltaNibble << 4 | lengthNibble)
    Random.appendExtension(to: &body, step, deltaWidth)
    Random.appendExtension(to: &body, length, lengthWidth)
    // Small numbers, which mean something: block 0 of any size, register, how much is not wanted.
    let isSmall = Random.isTransferOption(next) && next != 1 && next != 4 && !oneIn(4)
    // No dots, for "." and ".." must not be in a path.
    for index in 0..<length {
      body.append(!isSmall ? byte() | 0x40 : index < length - 1 ? 0 : byte() & (next == 6 ? 1 : 0x1f))
    }
    number = next
  }

  /// If-Match, ETag, If-None-Match, Observe, Block2, Block1, Size2, Size1, No-Response, Request-Tag: they come often.
  private static var transferOptions: InlineArray<10, Int> { [1, 4, 5, 6, 23, 27, 28, 60, 258, 292] }

  private static func isTransferOption(_ number: Int) -> Bool {
    let options = transferOptions
    for index in 0..<options.count where options[index] == number { return true }
    return false
  }

  private static func width(_ value: Int) -> Int { value < 13 ? 0 : value < 269 ? 1 : 2 }

  private static func appendExtension(to store: inout ByteStore, _ value: Int, _ width: Int) {
    if width == 1 { store.append(UInt8(value - 13)) }
    if width == 2 {
      store.append(UInt8((value - 269) >> 8))
      store.append(UInt8((value - 269) & 0xff))
    }
  }
}
