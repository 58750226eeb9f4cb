import DeviceCore

/// A message in one line for a person: `2.05 Content token=7f Content-Format=0 payload 8 bytes "22.3 Cel"`.
public func describe(_ message: borrowing Message) -> String {
  var words = [message.code.text]
  if message.token.count > 0 { words.append("token=\(hexText(message.token))") }
  var options = message.options
  while let option = options.next() {
    words.append(describe(option, in: message.code))
  }
  let payload = message.payload
  if payload.count > 0 {
    words.append("payload \(byteCount(payload.count)) \(valueText(payload))")
  }
  return words.joined(separator: " ")
}

/// `Uri-Path=sensors`, `Content-Format=0`, `If-None-Match`; `Option-2049=ab` for an unknown number.
public func describe(_ option: borrowing MessageOption, in code: Code) -> String {
  let name = option.number.name(in: code) ?? "Option-\(option.number.rawValue)"
  guard let value = typedValue(of: option.number, option.value, in: code) else { return name }
  return "\(name)=\(value)"
}

/// The value of an option as its definition says; in hexadecimal digits when it is not made that way. Nil
/// when there is none and there should be none.
public func typedValue(
  of number: OptionNumber, _ value: Span<UInt8>, in code: Code
) -> String? {
  switch number.definition(in: code)?.style {
  case .uint:
    if let number = uint(value) { return "\(number)" }
  case .string:
    return isPlain(value) ? printableText(value) : valueText(value, limit: 255)
  case .block:
    if value.count <= 3, let number = uint(value) {
      let exponent = number & 7
      let size = exponent == 7 ? "BERT" : "\(1 << (exponent + 4))"
      return "\(number >> 4)/\(number >> 3 & 1)/\(size)"
    }
  case .empty, nil:
    if value.count == 0 { return nil }
  case .opaque: break
  }
  return hexText(value)
}

private func uint(_ value: Span<UInt8>) -> UInt32? {
  guard value.count <= 4 else { return nil }
  return value.indices.reduce(0) { $0 << 8 | UInt32(value[$1]) }
}

/// `1 byte`, `8 bytes`.
public func byteCount(_ count: Int) -> String {
  count == 1 ? "1 byte" : "\(count) bytes"
}

/// Whether a string needs no quotation marks in a line of words.
private func isPlain(_ bytes: Span<UInt8>) -> Bool {
  guard bytes.count > 0, isText(bytes) else { return false }
  for index in bytes.indices where bytes[index] <= 0x20 || bytes[index] == 0x22 {
    return false
  }
  return true
}
