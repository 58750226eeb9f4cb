import DeviceCore

/// What stands in a message, or the fault and its offset, as text.
@inline(never)
private func expectOptions(
  _ check: inout Checker, _ hex: StaticString, _ text: StaticString, line: UInt32 = #line
) {
  let input = ByteStore(.input, hex: hex)
  var matcher = TextMatcher(text)
  describe(input.bytes, maxMessageSize: .max, maxTokenLength: 8, to: &matcher)
  check.expect(matcher.isComplete, "read otherwise", line: line)
}

@inline(never)
private func error(_ hex: StaticString) -> FormatError? {
  let input = ByteStore(.input, hex: hex)
  do throws(FormatError) {
    guard case .complete(let header) = try FrameHeader.parse(input.bytes) else { return nil }
    _ = try Message(input.bytes, header: header)
    return nil
  } catch {
    return error
  }
}

// X-05 X-06
func options_eachFormOfDelta_isRead(_ check: inout Checker) {
  expectOptions(&check, "104500", "2.05 T:- O:0= P:0")
  expectOptions(&check, "1045c0", "2.05 T:- O:12= P:0")
  expectOptions(&check, "2045d000", "2.05 T:- O:13= P:0")
  expectOptions(&check, "2045d0ff", "2.05 T:- O:268= P:0")
  expectOptions(&check, "3045e00000", "2.05 T:- O:269= P:0")
  expectOptions(&check, "3045e0fef2", "2.05 T:- O:65535= P:0")
  expectOptions(&check, "6045e0fef1101000ff", "ERR:opt-overflow")
  expectOptions(&check, "5045e0fef11000", "2.05 T:- O:65534=,65535=,65535= P:0")
}

//
func options_eachFormOfLength_isRead(_ check: inout Checker) {
  expectOptions(&check, "204521aa", "2.05 T:- O:2=aa P:0")
  expectOptions(&check, "d000452c{61*12}", "2.05 T:- O:2={61*12} P:0")
  expectOptions(&check, "d002452d00{61*13}", "2.05 T:- O:2={61*13} P:0")
  expectOptions(&check, "e00001452dff{61*268}", "2.05 T:- O:2={61*268} P:0")
  expectOptions(&check, "e00003452e0000{61*269}", "2.05 T:- O:2={61*269} P:0")
  expectOptions(&check, "f00000000245 2effff{61*65804}", "2.05 T:- O:2={61*65804} P:0")
  expectOptions(&check, "d00345dd0001{61*13}", "ERR:opt-trunc")
  expectOptions(&check, "d00345dd0000{61*13}", "2.05 T:- O:13={61*13} P:0")
  expectOptions(&check, "d00545ee00000000{61*13}", "ERR:opt-trunc")
}

// X-02 X-07 X-08 X-54 F-07
func options_faults_areNamedAtTheirOffset(_ check: inout Checker) {
  check.expect(error("1045f0")?.fault == .reservedOptionDelta)
  check.expect(error("1045f0")?.offset == 2)
  check.expect(error("2045c0f1")?.offset == 3)
  check.expect(error("1045bf")?.fault == .reservedOptionLength)
  check.expect(error("1045d0")?.fault == .truncatedOption)
  check.expect(error("2045e000")?.fault == .truncatedOption)
  check.expect(error("2045c1aa") == nil)
  check.expect(error("2045c2aa")?.fault == .truncatedOption)
  check.expect(error("3045c0d100")?.offset == 3)
  check.expect(error("3045e0fef3")?.fault == .optionNumberTooLarge)
  check.expect(error("3045e0ffff")?.fault == .optionNumberTooLarge)
  check.expect(error("2045c0ff")?.fault == .emptyPayload)
  check.expect(error("2045c0ff")?.offset == 3)
  check.expect(error("0100aa")?.fault == .emptyMessageWithContent)
  check.expect(error("1000c0")?.fault == .emptyMessageWithContent)
  check.expect(error("0000") == nil)
}

//
func options_markerByteInValueOrPayload_isNoMarker(_ check: inout Checker) {
  expectOptions(&check, "604521ffffffffff", "2.05 T:- O:2=ff P:3:ffffff")
  expectOptions(&check, "3045ffc121", "2.05 T:- O:- P:2:c121")
}

// X-10 X-11 X-12
func optionValue_readAsEachFormat_givesItsMeaning(_ check: inout Checker) {
  let input = ByteStore(
    .input, hex: "d01545 10 11ff 12ffff 13010203 14ffffffff 14000000ff 150000000001 1361c3a4 0361c3a4")
  var reader = MessageReader(input.bytes)
  guard let message = reader.next() else { return check.fail("no message") }
  check.expect(message.firstOption(OptionNumber(rawValue: 1))?.uint == 0)
  check.expect(message.firstOption(OptionNumber(rawValue: 2))?.uint == 255)
  check.expect(message.firstOption(OptionNumber(rawValue: 3))?.uint == 65535)
  check.expect(message.firstOption(OptionNumber(rawValue: 4))?.uint == 0x010203)
  check.expect(message.firstOption(OptionNumber(rawValue: 5))?.uint == .max)
  check.expect(message.firstOption(OptionNumber(rawValue: 6))?.uint == 255)
  if let long = message.firstOption(OptionNumber(rawValue: 7)) {
    check.expect(long.uint == nil, "a uint of five bytes")
  } else {
    check.fail("no option 7")
  }
  if let text = message.firstOption(OptionNumber(rawValue: 8)) {
    check.expect(text.isEqual(to: "aä") && !text.isEqual(to: "aa") && !text.isEqual(to: "a"))
    // The same letter composed of two characters is another string.
    check.expect(!text.isEqual(to: "a\u{61}\u{308}"))
  } else {
    check.fail("no option 8")
  }
  check.expect(message.firstOption(OptionNumber(rawValue: 9)) == nil)
  var options = message.options
  var count = 0
  while options.next() != nil { count += 1 }
  check.expect(count == 9)
  check.expect(options.next() == nil)
}

// X-18 X-23 X-25 X-53
func optionRule_everyKnownNumber_saysWhatTheTableSays(_ check: inout Checker) {
  func expect(_ number: UInt16, _ least: Int, _ most: Int, repeatable: Bool = false) {
    guard let rule = OptionNumber(rawValue: number).rule else { return check.fail("no rule") }
    check.expect(rule.allows(length: least) && rule.allows(length: most), "too narrow")
    check.expect(!rule.allows(length: most + 1), "too wide")
    check.expect(least == 0 || !rule.allows(length: least - 1), "too wide")
    check.expect(rule.isRepeatable == repeatable, "repetition")
  }
  for number in UInt16(65000)...65535 {
    check.expect(OptionNumber(rawValue: number).rule == nil, "an option that is for experiments")
  }
  expect(1, 0, 8, repeatable: true)
  expect(3, 1, 255)
  expect(4, 1, 8, repeatable: true)
  expect(5, 0, 0)
  expect(6, 0, 3)
  expect(7, 0, 2)
  expect(8, 0, 255, repeatable: true)
  expect(9, 0, 255)
  expect(11, 0, 255, repeatable: true)
  expect(12, 0, 2)
  expect(14, 0, 4)
  expect(15, 0, 255, repeatable: true)
  expect(16, 1, 1)
  expect(17, 0, 2)
  expect(19, 0, 3)
  expect(20, 0, 255, repeatable: true)
  expect(23, 0, 3)
  expect(27, 0, 3)
  expect(28, 0, 4)
  expect(31, 0, 3, repeatable: true)
  expect(35, 1, 1034)
  expect(39, 1, 255)
  expect(60, 0, 4)
  expect(252, 1, 40)
  expect(258, 0, 1)
  expect(292, 0, 8, repeatable: true)
  check.expect(OptionNumber(rawValue: 13).rule == nil)
  check.expect(OptionNumber(rawValue: 65535).rule == nil)
}
