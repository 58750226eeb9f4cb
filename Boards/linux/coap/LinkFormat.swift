import DeviceCore
import LinuxSupport

/// A link of a document in CoRE Link Format (RFC 6690 section 2).
struct Link {
  /// Between the angle brackets.
  let target: String
  let attributes: [Attribute]
  /// As it stands in the document.
  let source: String

  struct Attribute {
    let name: String
    /// Without its quotation marks; nil for an attribute that is only there or not.
    let value: String?
  }

  /// The values of all attributes of this name.
  func values(_ name: String) -> [String] {
    attributes.filter { $0.name.lowercased() == name }.compactMap(\.value)
  }

  func has(_ name: String) -> Bool { attributes.contains { $0.name.lowercased() == name } }
}

/// The links of a document, and where it stops making sense.
///
/// Commas and semicolons within quotation marks and angle brackets separate nothing. What is no link is passed
/// over up to the next comma outside of them.
struct LinkFormat {
  private(set) var links: [Link] = []
  /// What could not be read.
  private(set) var faults: [String] = []
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    skipBlanks()
    while position < bytes.count {
      readLink()
      skipBlanks()
      if take(",") { skipBlanks() }
    }
  }

  private mutating func readLink() {
    let start = position
    var target: String?
    var attributes: [Link.Attribute] = []
    var isSound = false
    if take("<"), let end = bytes[position...].firstIndex(of: UInt8(ascii: ">")) {
      target = text(position..<end)
      position = end + 1
      isSound = true
      skipBlanks()
      while isSound, take(";") {
        skipBlanks()
        if let attribute = readAttribute() { attributes.append(attribute) } else { isSound = false }
        skipBlanks()
      }
      isSound = isSound && (position == bytes.count || bytes[position] == UInt8(ascii: ","))
    }
    if !isSound { skipToComma() }
    guard isSound, let target else {
      faults.append("no link at byte \(start): \(valueText(bytes[start..<position].span, limit: 40))")
      return
    }
    links.append(Link(target: target, attributes: attributes, source: text(start..<position)))
  }

  private mutating func readAttribute() -> Link.Attribute? {
    let start = position
    while position < bytes.count, !isSeparator(bytes[position]) { position += 1 }
    guard position > start else { return nil }
    let name = text(start..<position)
    skipBlanks()
    guard take("=") else { return Link.Attribute(name: name, value: nil) }
    skipBlanks()
    guard take("\"") else {
      let begin = position
      while position < bytes.count, !isEnd(bytes[position]) { position += 1 }
      return Link.Attribute(name: name, value: text(begin..<position))
    }
    var value: [UInt8] = []
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      // A quoted pair (RFC 2616 section 2.2).
      if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count { position += 1 }
      value.append(bytes[position])
      position += 1
    }
    guard take("\"") else { return nil }
    return Link.Attribute(name: name, value: printableText(value.span))
  }

  private mutating func skipToComma() {
    var closing: UInt8?
    while position < bytes.count {
      let byte = bytes[position]
      if let end = closing {
        if byte == end { closing = nil }
      } else if byte == UInt8(ascii: ",") {
        return
      } else if byte == UInt8(ascii: "\"") {
        closing = byte
      } else if byte == UInt8(ascii: "<") {
        closing = UInt8(ascii: ">")
      }
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// The grammar has no blanks; servers have.
  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private func isSeparator(_ byte: UInt8) -> Bool {
    isEnd(byte) || byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\"")
  }

  private func isEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ";") || byte == UInt8(ascii: ",") || byte <= 0x20
  }

  private func text(_ range: Range<Int>) -> String { printableText(bytes[range].span) }
}
