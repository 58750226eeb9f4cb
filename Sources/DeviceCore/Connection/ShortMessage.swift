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
      try put(OptionNumber(rawValue: optionNumber), optionValue, to: &writer)
    }
    if code == .capabilitiesAndSettings {
      try put(SignalingOption.blockWiseTransfer, 0, to: &writer)
      if longestToken > 8 {
        try put(SignalingOption.extendedTokenLength, longestToken, to: &writer)
      }
    }
    try writer.append(payload: text)
    if let number {
      try writer.append(payload: " ")
      try writer.append(payloadDecimal: UInt32(number))
    }
  }

  // One copy of what is written out at each call otherwise.
  @inline(never)
  private func put(
    _ number: OptionNumber, _ value: UInt32, to writer: inout MessageWriter
  ) throws(WriteError) {
    try writer.append(number, uint: value)
  }
}
