import ArgumentParser
import DeviceCore
import LinuxSupport

// Values as they are written on the command line.

/// A Content-Format by number, short name or media type.
struct FormatArgument: ExpressibleByArgument {
  let format: ContentFormat

  init?(argument: String) {
    guard let format = ContentFormat(named: argument) else { return nil }
    self.format = format
  }
}

/// An option of any number: `NUMBER=HEX`.
struct RawOption: ExpressibleByArgument {
  let number: UInt16
  let value: [UInt8]

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt16(parts[0]), case .success(let value) = parseHex(parts[1])
    else { return nil }
    self.number = number
    self.value = value
  }
}

/// Bytes in hexadecimal digits, perhaps none.
struct HexArgument: ExpressibleByArgument {
  let bytes: [UInt8]

  init?(argument: String) {
    guard case .success(let bytes) = parseHex(argument) else { return nil }
    self.bytes = bytes
  }
}

/// Where a text stops being hexadecimal digits, in characters from its start.
struct NotHexadecimal: Error {
  let offset: Int
}

/// The bytes of pairs of hexadecimal digits; blanks are ignored.
func parseHex(_ text: some StringProtocol) -> Result<[UInt8], NotHexadecimal> {
  var bytes: [UInt8] = []
  var half: (digit: UInt8, offset: Int)?
  for (offset, character) in text.enumerated() {
    if character.isWhitespace { continue }
    guard character.isASCII, let digit = character.hexDigitValue.map(UInt8.init) else {
      return .failure(NotHexadecimal(offset: offset))
    }
    if let first = half {
      bytes.append(first.digit << 4 | digit)
      half = nil
    } else {
      half = (digit, offset)
    }
  }
  if let half { return .failure(NotHexadecimal(offset: half.offset)) }
  return .success(bytes)
}
