import Glibc
import PortTLS

/// An identity and a key as people write them: `IDENTITY:HEXKEY`.
public struct SharedKey {
  public let identity: [UInt8]
  public let key: [UInt8]

  /// An identity and a key of any bytes.
  ///
  /// - Throws: when one is empty or longer than the 128 and the 64 bytes of RFC 7925 section 4.2.
  public init(identity: [UInt8], key: [UInt8]) throws(SecurityFailure) {
    guard !identity.isEmpty else { throw SecurityFailure("the identity is empty") }
    guard identity.count <= PreSharedKey.longestIdentity else {
      throw SecurityFailure("the identity is longer than \(PreSharedKey.longestIdentity) bytes")
    }
    guard !key.isEmpty else { throw SecurityFailure("the key is empty") }
    guard key.count <= PreSharedKey.longestKey else {
      throw SecurityFailure("the key is longer than \(PreSharedKey.longestKey) bytes")
    }
    self.identity = identity
    self.key = key
  }

  /// Reads `IDENTITY:HEXKEY`. The last colon separates; the identity may have more of them.
  ///
  /// - Throws: what is wrong, without the key.
  public init(parsing text: some Collection<UInt8>) throws(SecurityFailure) {
    let bytes = Array(text)
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else {
      throw SecurityFailure("IDENTITY:HEXKEY is needed, and there is no colon")
    }
    let digits = bytes[(colon + 1)...].map(SharedKey.digit)
    guard !digits.contains(nil) else {
      throw SecurityFailure("the key has something else than hexadecimal digits")
    }
    guard digits.count.isMultiple(of: 2) else {
      throw SecurityFailure("the key has an odd number of hexadecimal digits")
    }
    let key = stride(from: 0, to: digits.count, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
    try self.init(identity: Array(bytes[..<colon]), key: key)
  }

  /// Reads an `IDENTITY:HEXKEY` from a place that an error then names.
  public init(_ text: String, from source: String) throws(SecurityFailure) {
    do throws(SecurityFailure) {
      try self.init(parsing: text.utf8)
    } catch {
      throw SecurityFailure("\(source): \(error)")
    }
  }

  /// Whether the environment variable `COAP_PSK` has something in it.
  public static var isInEnvironment: Bool { environmentText != nil }

  /// The key in the environment variable `COAP_PSK`, if there is one.
  public static func fromEnvironment() throws(SecurityFailure) -> SharedKey? {
    guard let text = environmentText else { return nil }
    return try SharedKey(text, from: "COAP_PSK")
  }

  private static var environmentText: String? {
    guard let value = unsafe getenv("COAP_PSK"), unsafe value.pointee != 0 else { return nil }
    return unsafe String(cString: value)
  }

  /// Reads a file with an `IDENTITY:HEXKEY` on each line. Lines that are blank or begin with `#` say nothing.
  ///
  /// - Throws: what is wrong and on which line, without the key.
  public static func readFile(_ path: String) throws(SecurityFailure) -> [SharedKey] {
    let bytes = try securityFile(path)
    var keys: [SharedKey] = []
    for (index, raw) in bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      let line = trimmed(raw)
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      do throws(SecurityFailure) {
        keys.append(try SharedKey(parsing: line))
      } catch {
        throw SecurityFailure("\(path), line \(index + 1): \(error)")
      }
    }
    guard !keys.isEmpty else { throw SecurityFailure("\(path): there is no key in it") }
    return keys
  }

  /// The identity as text for a person.
  public var identityText: String { printableText(identity.span) }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
    let rest = line.drop(while: isBlank)
    guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return [] }
    return rest[...last]
  }
}

/// Why TLS cannot be set up, in a line for a person. It never has a key in it.
public struct SecurityFailure: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// A file with keys or certificates.
func securityFile(_ path: String) throws(SecurityFailure) -> [UInt8] {
  do throws(FileFailure) {
    return try readFile(at: path)
  } catch {
    throw SecurityFailure(error.description)
  }
}
