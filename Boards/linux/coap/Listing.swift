import DeviceCore
import LinuxSupport

/// A dissection for people: a row for each field with its offset, its bytes and its meaning.
struct Listing {
  private let bytes: [UInt8]
  private let isColored: Bool

  private static let bytesPerRow = 8
  private static let longestField = 256
  private static let meaningColumn = 8 + 3 * bytesPerRow + 1

  init(_ bytes: [UInt8], isColored: Bool) {
    self.bytes = bytes
    self.isColored = isColored
  }

  func lines(_ dissection: Dissector.Dissection) -> [String] {
    var lines: [String] = []
    for (index, found) in dissection.messages.enumerated() {
      lines.append(title(index, byteCount(found.range.count)))
      let walk = FieldWalk(bytes, from: found.range.lowerBound, to: found.range.upperBound)
      lines += walk.fields.flatMap(rows)
    }
    let start = dissection.messages.last?.range.upperBound ?? 0
    switch dissection.ending {
    case .complete: break
    case .incomplete(let offset, let missing):
      lines.append(title(dissection.messages.count, "incomplete"))
      let fields = FieldWalk(bytes, from: offset, to: bytes.count).fields
      lines += fields.flatMap(rows)
      lines.append(mark(at: bytes.count, "\(missing) or more bytes are missing", in: fields.last))
    case .fault(let fault, let offset):
      lines.append(title(dissection.messages.count, "malformed"))
      lines += faultRows(from: start, fault, offset)
    }
    return lines
  }

  /// The fields up to the fault, and a mark below its first byte.
  private func faultRows(from start: Int, _ fault: FormatFault, _ offset: Int) -> [String] {
    var lines: [String] = []
    for field in FieldWalk(bytes, from: start, to: end(from: start)).fields {
      lines += rows(field)
      if field.range.contains(offset) {
        lines.append(mark(at: offset, "\(fault.text)", in: field))
        return lines
      }
    }
    lines.append(mark(at: offset, "\(fault.text)"))
    return lines
  }

  /// Where the message at `start` ends, if its header tells.
  private func end(from start: Int) -> Int {
    let rest = bytes.span.extracting(droppingFirst: start)
    guard
      case .complete(let header) = try? FrameHeader.parse(rest, maximumTokenByteCount: 65_804),
      header.messageByteCount < UInt32(clamping: rest.count)
    else { return bytes.count }
    return start + Int(header.messageByteCount)
  }

  // MARK: Lines

  private func title(_ index: Int, _ what: String) -> String {
    paint("message \(index + 1): \(what)", "1")
  }

  private func rows(_ field: Field) -> [String] {
    let shown = field.range.prefix(Listing.longestField)
    var lines = stride(from: shown.startIndex, to: shown.endIndex, by: Listing.bytesPerRow).map {
      start in
      let row = bytes[start..<min(start + Listing.bytesPerRow, shown.endIndex)]
      let digits = row.map { hexText($0) }.joined(separator: " ")
      let meaning = start == field.range.lowerBound ? field.meaning : ""
      let offset = paint(padded("\(start)", 6), "2")
      let gap = Listing.meaningColumn - 8
      return meaning.isEmpty
        ? "\(offset)  \(digits)" : "\(offset)  \(digits.padding(to: gap))\(meaning)"
    }
    let rest = field.range.count - shown.count
    if rest > 0 { lines.append("        ... \(rest) more") }
    return lines
  }

  /// Points up at the byte at `offset`, or at the place behind the field.
  private func mark(at offset: Int, _ text: String, in field: Field? = nil) -> String {
    var column = 0
    if let field {
      // A byte in the last row of the field, or the one that would be next in that row.
      let row = (field.range.count - 1) / Listing.bytesPerRow * Listing.bytesPerRow
      column = max(0, offset - field.range.lowerBound - row)
    }
    let arrow = String(repeating: " ", count: 8 + 3 * column) + "^^"
    return paint("\(arrow) \(text) (at byte \(offset))", "1;31")
  }

  private func paint(_ text: String, _ color: String) -> String {
    isColored ? "\u{1b}[\(color)m\(text)\u{1b}[0m" : text
  }
}
