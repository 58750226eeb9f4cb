import DeviceCore

// What a peer sent, made harmless for a terminal and for a line of a log.

/// The bytes in lower-case hexadecimal digits, without blanks.
public func hexText(_ bytes: Span<UInt8>) -> String {
  var text = ""
  for index in bytes.indices { text += hexText(bytes[index]) }
  return text
}

/// Two hexadecimal digits.
public func hexText(_ byte: UInt8) -> String {
  (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
}

/// The bytes as text in one line: what could steer a terminal is escaped, what is no UTF-8 replaced.
public func printableText(_ bytes: Span<UInt8>) -> String {
  decode(bytes).unicodeScalars.map { isHarmless($0) ? String($0) : escape($0) }.joined()
}

/// The bytes in quotation marks when all of them are text, else in hexadecimal digits. What is longer than
/// `limit` ends in "...".
public func valueText(_ bytes: Span<UInt8>, limit: Int = 64) -> String {
  guard isText(bytes) else {
    let shown = hexText(bytes.extracting(first: min(limit, bytes.count)))
    return bytes.count > limit ? shown + "..." : shown
  }
  let scalars = decode(bytes).unicodeScalars
  let shown = scalars.prefix(limit).map { scalar in
    scalar == "\"" || scalar == "\\"
      ? "\\\(scalar)" : isHarmless(scalar) ? String(scalar) : escape(scalar)
  }
  return "\"\(shown.joined())\"" + (scalars.count > limit ? "..." : "")
}

/// Whether the bytes are UTF-8 without control characters other than tabulators and ends of lines.
public func isText(_ bytes: Span<UInt8>) -> Bool {
  guard let text = String(validating: array(bytes), as: UTF8.self) else { return false }
  return text.unicodeScalars.allSatisfy {
    isHarmless($0) || $0 == "\n" || $0 == "\t" || $0 == "\r"
  }
}

/// A copy of the bytes.
public func array(_ bytes: Span<UInt8>) -> [UInt8] {
  var copy: [UInt8] = []
  copy.reserveCapacity(bytes.count)
  for index in bytes.indices { copy.append(bytes[index]) }
  return copy
}

private func decode(_ bytes: Span<UInt8>) -> String {
  String(decoding: array(bytes), as: UTF8.self)
}

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
    .paragraphSeparator:
    false
  default: true
  }
}

private func escape(_ scalar: Unicode.Scalar) -> String {
  switch scalar {
  case "\n": "\\n"
  case "\r": "\\r"
  case "\t": "\\t"
  default: "\\u{\(String(scalar.value, radix: 16))}"
  }
}
