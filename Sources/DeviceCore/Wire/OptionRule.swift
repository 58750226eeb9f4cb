/// What a value of an option may look like (RFC 7252 sections 3.2 and 5.10).
public enum OptionFormat: UInt8, Sendable {
  case empty
  case opaque
  /// Big endian, leading zero bytes allowed on reception.
  case uint
  /// UTF-8, compared byte by byte.
  case string
}

/// Format, length in bytes and repetition of one option.
public struct OptionRule: Equatable, Sendable {
  /// How the value is read.
  public let format: OptionFormat
  /// In bytes.
  public let minimumLength: UInt16
  /// In bytes.
  public let maximumLength: UInt16
  /// Whether it may occur more than once (RFC 7252 section 5.4.5).
  public let isRepeatable: Bool

  @inlinable
  init(_ format: OptionFormat, _ minimum: UInt16, _ maximum: UInt16, repeatable: Bool = false) {
    self.format = format
    minimumLength = minimum
    maximumLength = maximum
    isRepeatable = repeatable
  }

  /// Whether a value of so many bytes is legal.
  @inlinable
  public func allows(length: Int) -> Bool {
    length >= Int(minimumLength) && length <= Int(maximumLength)
  }
}

extension OptionNumber {
  /// The rule of a request or response option that this SDK knows the definition of, else nil.
  ///
  /// Knowing the definition is not the same as supporting it: see ``Request`` for what a server acts on.
  public var rule: OptionRule? {
    switch rawValue {
    case 1: OptionRule(.opaque, 0, 8, repeatable: true)
    case 3: OptionRule(.string, 1, 255)
    case 4: OptionRule(.opaque, 1, 8, repeatable: true)
    case 5: OptionRule(.empty, 0, 0)
    case 6: OptionRule(.uint, 0, 3)
    case 7: OptionRule(.uint, 0, 2)
    case 8: OptionRule(.string, 0, 255, repeatable: true)
    case 9: OptionRule(.opaque, 0, 255)
    case 11: OptionRule(.string, 0, 255, repeatable: true)
    case 12: OptionRule(.uint, 0, 2)
    case 14: OptionRule(.uint, 0, 4)
    case 15: OptionRule(.string, 0, 255, repeatable: true)
    case 16: OptionRule(.uint, 1, 1)
    case 17: OptionRule(.uint, 0, 2)
    case 19: OptionRule(.uint, 0, 3)
    case 20: OptionRule(.string, 0, 255, repeatable: true)
    case 21: OptionRule(.empty, 0, 0)
    case 23, 27: OptionRule(.uint, 0, 3)
    case 28, 60: OptionRule(.uint, 0, 4)
    case 31: OptionRule(.uint, 0, 3, repeatable: true)
    case 35: OptionRule(.string, 1, 1034)
    case 39: OptionRule(.string, 1, 255)
    case 252: OptionRule(.opaque, 1, 40)
    case 258: OptionRule(.uint, 0, 1)
    case 292: OptionRule(.opaque, 0, 8, repeatable: true)
    default: nil
    }
  }
}
