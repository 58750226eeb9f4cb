/// What the connection sends by itself: a code, a few options and perhaps a text.
///
/// A value instead of a closure that writes, so that there is one copy of the code that sends it.
struct ShortMessage {
  let code: Code
  /// In rising order; at most three.
  private var options = InlineArray<3, Entry>(repeating: Entry(number: 0, value: 0))
  private var optionCount = 0
  /// The payload, and a number that is put behind it.
  var text: StaticString = ""
  var number: UInt16?
  /// Whether it may use the room that is kept for last words.
  var isLast = false

  private struct Entry {
    let number: UInt16
    let value: UInt32
  }

  init(_ code: Code) {
    self.code = code
  }

  /// Adds an option with an unsigned integer; zero has no bytes, which makes an empty option.
  mutating func add(_ number: OptionNumber, _ value: UInt32 = 0) {
    options[optionCount] = Entry(number: number.rawValue, value: value)
    optionCount += 1
  }

  /// Writes all of it; what does not fit is left out.
  func write(to writer: inout MessageWriter) throws(WriteError) {
    for index in 0..<optionCount {
      let option = options[index]
      try writer.append(OptionNumber(rawValue: option.number), uint: option.value)
    }
    try writer.append(payload: text)
    if let number {
      try writer.append(payload: " ")
      try writer.append(payloadDecimal: UInt32(number))
    }
  }
}
