import DeviceCore
import LinuxSupport

/// A run of bytes with one meaning.
struct Field {
  let range: Range<Int>
  let meaning: String
}

/// Names the bytes of one message, one after the other, as far as they go; it trusts nothing.
///
/// This walk is for the eye. What is a fault is decided by ``Dissector``, with the core's own decoder.
struct FieldWalk {
  private let bytes: [UInt8]
  private let end: Int
  private var position: Int
  private(set) var fields: [Field] = []

  /// - Parameter end: of the message where it is known, else of the input.
  init(_ bytes: [UInt8], from start: Int, to end: Int) {
    self.bytes = bytes
    self.end = end
    position = start
    walk()
  }

  private mutating func walk() {
    guard position < end else { return }
    let lengthNibble = bytes[position] >> 4
    let tokenNibble = bytes[position] & 0x0f
    let length = lengthNibble < 13 ? "\(lengthNibble)" : "behind it"
    let token =
      switch tokenNibble {
      case ..<13: "\(tokenNibble)"
      case 15: "15 (reserved)"
      default: "behind the code"
      }
    add(1, "length \(length), token length \(token)")
    guard tokenNibble < 15 else { return }
    if lengthNibble > 12 {
      guard let value = extended(lengthNibble) else { return addTruncated("length") }
      add(width(lengthNibble), "length \(value) of options and payload")
    }
    guard position < end else { return }
    let code = Code(rawValue: bytes[position])
    add(1, "code \(code.text)")
    var tokenLength = Int(tokenNibble)
    if tokenNibble > 12 {
      guard let value = extended(tokenNibble) else { return addTruncated("token length") }
      add(width(tokenNibble), "token length \(value)")
      tokenLength = value
    }
    guard end - position >= tokenLength else { return addTruncated("token") }
    if tokenLength > 0 { add(tokenLength, "token \(hex(position..<position + tokenLength))") }
    walkOptions(code)
  }

  private mutating func walkOptions(_ code: Code) {
    var number = 0
    while position < end {
      if bytes[position] == 0xff {
        add(1, "payload marker")
        if position < end {
          let payload = bytes[position..<end]
          add(payload.count, "payload, \(byteCount(payload.count)) \(valueText(Array(payload).span))")
        }
        return
      }
      guard walkOption(code, &number) else { return }
    }
  }

  /// - Returns: false when the option is not whole.
  private mutating func walkOption(_ code: Code, _ number: inout Int) -> Bool {
    let start = position
    let deltaNibble = bytes[start] >> 4
    let lengthNibble = bytes[start] & 0x0f
    position += 1
    guard let delta = extended(deltaNibble) else { return giveUp(start) }
    position += width(deltaNibble)
    guard let length = extended(lengthNibble) else { return giveUp(start) }
    let valueStart = position + width(lengthNibble)
    position = start
    number += delta
    guard let option = UInt16(exactly: number).map(OptionNumber.init(rawValue:)) else {
      add(valueStart - start, "option \(number)")
      return false
    }
    let name = option.name(in: code).map { "\($0) (\(number))" } ?? "option \(number)"
    let kind = option.isCritical ? "critical" : "elective"
    let size = length == 0 ? "no value" : byteCount(length)
    var meaning = "\(name), \(kind), \(size)"
    guard end - valueStart >= length else {
      add(valueStart - start, meaning)
      addTruncated("value")
      return false
    }
    let value = Array(bytes[valueStart..<valueStart + length])
    let text = typedValue(of: option, value.span, in: code)
    if length == 0, let text { meaning += ": \(text)" }
    add(valueStart - start, meaning)
    if length > 0 { add(length, "  \(text ?? "")" + formatNote(option, text, code)) }
    return true
  }

  private func formatNote(_ option: OptionNumber, _ text: String?, _ code: Code) -> String {
    guard !code.isSignaling, option == .contentFormat || option == .accept,
      let number = text.flatMap(UInt16.init),
      let type = ContentFormat(rawValue: number).mediaType
    else { return "" }
    return " \(type)"
  }

  // MARK: Steps

  private mutating func add(_ count: Int, _ meaning: String) {
    fields.append(Field(range: position..<position + count, meaning: meaning))
    position += count
  }

  private mutating func addTruncated(_ what: String) {
    if position < end { add(end - position, "\(what), cut off") }
  }

  /// What is there of the header of an option that makes no sense, at most five bytes.
  private mutating func giveUp(_ start: Int) -> Bool {
    position = start
    add(min(end - start, 5), "option")
    return false
  }

  /// The bytes that a nibble says follow.
  private func width(_ nibble: UInt8) -> Int {
    nibble < 13 ? 0 : nibble == 15 ? 4 : Int(nibble) - 12
  }

  /// The number that a nibble and the bytes at `position` stand for; nil when they are not all there, and
  /// for a nibble of 15 but in the length of the message.
  private func extended(_ nibble: UInt8) -> Int? {
    guard nibble > 12 else { return Int(nibble) }
    let count = width(nibble)
    guard end - position >= count else { return nil }
    let number = bytes[position..<position + count].reduce(0) { $0 << 8 | Int($1) }
    switch nibble {
    case 13: return number + 13
    case 14: return number + 269
    default: return fields.count == 1 ? number + 65805 : nil
    }
  }

  private func hex(_ range: Range<Int>) -> String {
    bytes[range].map { hexText($0) }.joined()
  }
}
