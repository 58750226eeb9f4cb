import LinuxSupport

/// Sixteen bytes a line: offset, hexadecimal digits, and ASCII where it can be shown.
func hexDump(_ bytes: [UInt8]) -> [String] {
  stride(from: 0, to: bytes.count, by: 16).map { start in
    let row = bytes[start..<min(start + 16, bytes.count)]
    let digits = row.map { hexText($0) }.joined(separator: " ")
    let ascii = row.map { (0x20...0x7e).contains($0) ? String(Unicode.Scalar($0)) : "." }
    return "\(padded(String(start, radix: 16), 8, fill: "0"))  "
      + digits.padding(to: 47) + "  |\(ascii.joined())|"
  }
}

/// `text` with `fill` in front, at least `width` characters.
func padded(_ text: String, _ width: Int, fill: Character = " ") -> String {
  String(repeating: fill, count: max(0, width - text.count)) + text
}

extension String {
  /// With blanks behind it, at least `width` characters.
  func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
