import DeviceCore

@inline(never)
private func parse(_ hex: StaticString, tokens: Int = 8) -> FrameHeader? {
  let input = ByteStore(.input, hex: hex)
  guard let progress = try? FrameHeader.parse(input.bytes, maximumTokenByteCount: tokens),
    case .complete(let header) = progress
  else { return nil }
  return header
}

@inline(never)
private func fault(_ hex: StaticString, tokens: Int = 8) -> FormatFault? {
  let input = ByteStore(.input, hex: hex)
  do throws(FormatError) {
    _ = try FrameHeader.parse(input.bytes, maximumTokenByteCount: tokens)
    return nil
  } catch {
    return error.fault
  }
}

extension Checker {
  @inline(never)
  fileprivate mutating func expectHeader(
    _ hex: StaticString, body: UInt32, token: Int = 0, header: Int, tokens: Int = 8,
    line: UInt32 = #line
  ) {
    guard let parsed = parse(hex, tokens: tokens) else { return fail("no header", line: line) }
    expect(parsed.bodyByteCount == body, "other body", line: line)
    expect(parsed.tokenByteCount == token, "other token", line: line)
    expect(parsed.byteCount == header, "other header", line: line)
    expect(parsed.code == .content, "other code", line: line)
  }
}

// F-02 F-03 F-04
func frameHeader_eachFormOfLen_isMeasured(_ check: inout Checker) {
  check.expectHeader("0045", body: 0, header: 2)
  check.expectHeader("1045", body: 1, header: 2)
  check.expectHeader("c045", body: 12, header: 2)
  check.expectHeader("d00045", body: 13, header: 3)
  check.expectHeader("d00145", body: 14, header: 3)
  check.expectHeader("d0ff45", body: 268, header: 3)
  check.expectHeader("e0000045", body: 269, header: 4)
  check.expectHeader("e0000145", body: 270, header: 4)
  check.expectHeader("e0ffff45", body: 65804, header: 4)
  check.expectHeader("f00000000045", body: 65805, header: 6)
  check.expectHeader("f00000000145", body: 65806, header: 6)
  check.expectHeader("f80001000045", body: 131341, token: 8, header: 6)
}

// F-06
func frameHeader_sumAbove32Bits_staysAtTheLargest(_ check: inout Checker) {
  check.expectHeader("f0fffefef245", body: .max, header: 6)
  check.expectHeader("f0fffefef345", body: .max, header: 6)
  check.expectHeader("f8ffffffff45", body: .max, token: 8, header: 6)
  check.expect(parse("f0fffefee845")?.messageByteCount == 0xffff_fffb)
  check.expect(parse("f0fffefeec45")?.messageByteCount == .max)
  check.expect(parse("f8fffefee745")?.messageByteCount == .max)
  check.expect(parse("f8fffffffe45")?.messageByteCount == .max)
}

// F-09 X-01 ET-01 ET-02
func frameHeader_eachFormOfTokenLength_isMeasured(_ check: inout Checker) {
  check.expectHeader("0845", body: 0, token: 8, header: 2)
  check.expectHeader("0945", body: 0, token: 9, header: 2, tokens: 16)
  check.expectHeader("0c45", body: 0, token: 12, header: 2, tokens: 16)
  check.expectHeader("0d4500", body: 0, token: 13, header: 3, tokens: 13)
  check.expectHeader("0d45ff", body: 0, token: 268, header: 3, tokens: 268)
  check.expectHeader("0e450000", body: 0, token: 269, header: 4, tokens: 269)
  check.expectHeader("0e45ffff", body: 0, token: 65804, header: 4, tokens: 65804)
  check.expectHeader("dd004500", body: 13, token: 13, header: 4, tokens: 16)
  check.expectHeader("fe000000004500ff", body: 65805, token: 524, header: 8, tokens: 65804)
}

// F-09 X-01 ET-02 ET-06
func frameHeader_tokenLengthNotAnnounced_isAFault(_ check: inout Checker) {
  for nibble in UInt8(9)...15 {
    let byte = InlineArray<1, UInt8>(repeating: nibble)
    do throws(FormatError) {
      _ = try FrameHeader.parse(byte.span)
      check.fail("accepted")
    } catch {
      check.expect(error == .init(.reservedTokenLength), "other fault")
    }
  }
  check.expect(fault("0f", tokens: 65804) == .reservedTokenLength)
  check.expect(fault("0945", tokens: 9) == nil)
  check.expect(fault("0a45", tokens: 9) == .tokenTooLong)
  check.expect(fault("0d4504", tokens: 17) == nil)
  check.expect(fault("0d4505", tokens: 17) == .tokenTooLong)
  check.expect(fault("0e450001", tokens: 269) == .tokenTooLong)
}

extension FormatError {
  /// Only for comparing: the offset of all faults in a header is zero.
  fileprivate init(_ fault: FormatFault) {
    var error: FormatError?
    do throws(FormatError) {
      let byte = InlineArray<1, UInt8>(repeating: 15)
      _ = try FrameHeader.parse(byte.span)
    } catch let caught {
      error = caught
    }
    self = error!
    precondition(self.fault == fault && offset == 0)
  }
}

// F-12 F-13
func frameHeader_cutAnywhere_promisesNoMoreThanItWillHave(_ check: inout Checker) {
  expectPromises(&check, "0845", tokens: 8)
  expectPromises(&check, "dd004500", tokens: 16)
  expectPromises(&check, "de0f4500ff", tokens: 65804)
  expectPromises(&check, "ee00004500ff", tokens: 65804)
  expectPromises(&check, "fe000000004500ff", tokens: 65804)
  expectPromises(&check, "ffe0ffff4500ff", tokens: 65804)
}

@inline(never)
private func expectPromises(_ check: inout Checker, _ hex: StaticString, tokens: Int) {
  let input = ByteStore(.input, hex: hex)
  let whole = try? FrameHeader.parse(input.bytes, maximumTokenByteCount: tokens)
  guard case .complete(let header) = whole else { return }
  for count in 0..<header.byteCount {
    let progress = try? FrameHeader.parse(
      input.bytes.extracting(first: count), maximumTokenByteCount: tokens)
    // A header without an extended token length is complete with its code.
    guard case .incomplete(let least) = progress else {
      check.fail("complete too early")
      continue
    }
    check.expect(least <= header.messageByteCount, "promises too much")
    check.expect(least > UInt32(count), "promises what is there")
  }
}

// F-12: once Len is complete, the length is known well enough to refuse it.
func frameHeader_lenComplete_tellsTheLength(_ check: inout Checker) {
  let input = ByteStore(.input, hex: "f000000000")
  guard let progress = try? FrameHeader.parse(input.bytes),
    case .incomplete(let least) = progress
  else { return check.fail("not incomplete") }
  check.expect(least == 65805 + 6)
}
