/// Puts the lines of an HTTP head together, byte by byte, in memory of the caller.
///
/// A line that goes on in the next one (RFC 9112 section 5.2) becomes one line with a blank. Of a line that is
/// longer than the memory its start is kept. Line ends are CR LF.
struct HTTPLines {
  /// Bytes of the line, all of which are in the memory.
  private(set) var count = 0
  /// Whether the line was longer.
  private(set) var isCut = false
  private var place = Place.text
  private var totalCount: UInt16 = 0

  private enum Place {
    case text
    case carriageReturn
    /// The line has ended, unless the next byte is a blank.
    case lineEnd
    case lastCarriageReturn
    case end
  }

  /// All lines together may have so many bytes.
  private static var largestTotal: UInt16 { 16_384 }

  /// The empty line has come.
  var isComplete: Bool { place == .end }

  /// How many bytes have to come at least: what is behind the head is never read with it.
  var leastMissing: Int {
    switch place {
    case .text: 4
    case .carriageReturn: 3
    case .lineEnd: 2
    case .lastCarriageReturn: 1
    case .end: 0
    }
  }

  /// Whether the line is over when `byte` comes next: look at it, and then call ``startLine()``.
  func isLine(before byte: UInt8) -> Bool {
    place == .lineEnd && byte != 0x20 && byte != 0x09
  }

  mutating func startLine() {
    count = 0
    isCut = false
  }

  /// Takes the next byte.
  mutating func take(_ byte: UInt8, line: inout MutableSpan<UInt8>) throws(HTTPLineError) {
    totalCount += 1
    guard totalCount <= HTTPLines.largestTotal else { throw .tooLarge }
    switch place {
    case .text where byte == 0x0d: place = .carriageReturn
    case .carriageReturn where byte == 0x0a: place = .lineEnd
    case .lineEnd where byte == 0x0d: place = .lastCarriageReturn
    case .lastCarriageReturn where byte == 0x0a: place = .end
    case .text, .lineEnd:
      guard byte >= 0x20 && byte != 0x7f || byte == 0x09 else { throw .noText }
      place = .text
      if count < line.count {
        line[count] = byte
        count += 1
      } else {
        isCut = true
      }
    default: throw .noText
    }
  }
}

/// Why bytes are no head of HTTP.
enum HTTPLineError: Error { case tooLarge, noText }

/// A header line in its parts.
struct HTTPField: ~Escapable {
  let name: Span<UInt8>
  /// Without blanks around it.
  let value: Span<UInt8>

  /// Nil for a line that is none.
  @_lifetime(copy line)
  init?(_ line: Span<UInt8>) {
    var colon = 0
    while colon < line.count && line[colon] != 0x3a { colon += 1 }
    guard colon > 0, colon < line.count else { return nil }
    for index in 0..<colon where line[index] <= 0x20 { return nil }
    name = line.extracting(first: colon)
    value = trimmed(line.extracting(droppingFirst: colon + 1))
  }

  func isNamed(_ text: StaticString) -> Bool { name.isEqualIgnoringCase(to: text) }

  /// Whether the value is a list with this element, in any case of letters.
  func lists(_ text: StaticString) -> Bool {
    var start = 0
    var found = false
    for index in 0...value.count where index == value.count || value[index] == 0x2c {
      if trimmed(value.extracting(start..<index)).isEqualIgnoringCase(to: text) { found = true }
      start = index + 1
    }
    return found
  }
}

/// Without blanks and tabs at both ends.
@_lifetime(copy text)
func trimmed(_ text: Span<UInt8>) -> Span<UInt8> {
  var start = 0
  var end = text.count
  while start < end && (text[start] == 0x20 || text[start] == 0x09) { start += 1 }
  while end > start && (text[end - 1] == 0x20 || text[end - 1] == 0x09) { end -= 1 }
  return text.extracting(start..<end)
}
