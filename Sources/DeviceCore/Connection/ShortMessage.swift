/// What the connection sends by itself: a code, at most one option and perhaps a text.
///
/// A value instead of a closure that writes, so that there is one copy of the code that sends it.
struct ShortMessage {
  let code: Code
  private var optionNumber: UInt16 = 0
  private var optionValue: UInt32 = 0
  /// What a CSM says about tokens, beside block-wise transfers.
  var longestToken: UInt32 = 0
  /// The payload, and a number that is put behind it.
  var text: StaticString = ""
  var number: UInt16?
  /// Whether it may use the room that is kept for last words.
  var isLast = false

  init(_ code: Code) {
    self.code = code
  }

  /// Sets the option, to an unsigned integer; zero has no bytes, which makes an empty option.
  mutating func set(_ number: OptionNumber, _ value: UInt32 = 0) {
    optionNumber = number.rawValue
    optionValue = value
  }

  /// Writes all of it; what does not fit is left out.
  func write(to writer: inout MessageWriter) throws(WriteError) {
    if optionNumber != 0 {
      try writer.appendCompact(OptionNumber(rawValue: optionNumber), uint: optionValue)
    }
    if code == .capabilitiesAndSettings {
      try writer.appendCompact(SignalingOption.blockWiseTransfer, uint: 0)
      if longestToken > 8 {
        try writer.appendCompact(SignalingOption.extendedTokenLength, uint: longestToken)
      }
    }
    try writer.append(payload: text)
    if let number {
      try writer.append(payload: " ")
      try writer.append(payloadDecimal: UInt32(number))
    }
  }
}
