import DeviceCore

// The value of Block1 and Block2 (RFC 7959 section 2.2, RFC 8323 section 6).

// BL-01 V-H14 V-H17: NUM, M and SZX at their ends.
func block_values_areReadAndWritten(_ check: inout Checker) {
  let values: InlineArray<7, UInt32> = [0, 0x0e, 0x18, 0x0f, 0xff_fff7, 0xff_ffff, 0x10]
  let numbers: InlineArray<7, UInt32> = [0, 0, 1, 0, 0x0f_ffff, 0x0f_ffff, 1]
  let offsets: InlineArray<7, UInt32> = [0, 0, 16, 0, 0x3fff_fc00, 0x3fff_fc00, 16]
  for index in 0..<7 {
    var message = RawMessage(.content, "")
    message.add(23, uint: values[index])
    var store = ByteStore(.input)
    message.append(to: &store)
    var reader = MessageReader(store.bytes)
    guard let block = reader.next()?.block(.block2) else { return check.fail("no block") }
    check.expect(block.rawValue == values[index] && block.number == numbers[index])
    check.expect(block.offset == offsets[index], "other offset")
    check.expect(block.isMore == (values[index] & 8 != 0))
    check.expect(block.size.isBERT == (values[index] & 7 == 7))
    check.expect(Block(offset: block.offset, isMore: block.isMore, size: block.size) == block)
  }
}

// BL-01 X-11: leading zero bytes are allowed, four bytes are not; absent is not the same as empty.
func block_oddValues_areReadOrNone(_ check: inout Checker) {
  let texts: InlineArray<4, StaticString> = ["4045 d20a0018", "2045 d00a", "0045", "6045 d40a 00000018"]
  let values: InlineArray<4, UInt32?> = [0x18, 0, nil, nil]
  for index in 0..<4 {
    let store = ByteStore(.vector, hex: texts[index])
    var reader = MessageReader(store.bytes)
    if let message = reader.next() {
      check.expect(message.block(.block2)?.rawValue == values[index], "other value")
    } else {
      check.fail("no message")
    }
  }
}

// BL-03 B-06 B-07: which payloads each size allows.
func block_payloads_haveTheLengthOfTheBlock(_ check: inout Checker) {
  for exponent in UInt8(0)...6 {
    guard let size = BlockSize(rawValue: exponent) else { return check.fail("no size") }
    let count = 16 << Int(exponent)
    check.expect(size.byteCount == count && !size.isBERT)
    let more = Block(number: 3, isMore: true, size: size)
    let last = Block(number: 3, isMore: false, size: size)
    check.expect(more.allows(payloadByteCount: count) && last.allows(payloadByteCount: count))
    check.expect(!more.allows(payloadByteCount: count - 1) && last.allows(payloadByteCount: count - 1))
    check.expect(!more.allows(payloadByteCount: count + 1) && !last.allows(payloadByteCount: count + 1))
    check.expect(!more.allows(payloadByteCount: 0) && last.allows(payloadByteCount: 0))
  }
  let more = Block(number: 3, isMore: true, size: .bert)
  let last = Block(number: 3, isMore: false, size: .bert)
  check.expect(!more.allows(payloadByteCount: 0) && last.allows(payloadByteCount: 0))
  check.expect(more.allows(payloadByteCount: 1024) && more.allows(payloadByteCount: 8192))
  check.expect(!more.allows(payloadByteCount: 1000) && last.allows(payloadByteCount: 4711))
  check.expect(BlockSize(rawValue: 8) == nil)
  check.expect(BlockSize.smallest < .largest && BlockSize.largest < .bert)
}

// B-03 B-11: BERT only towards a peer whose CSMs said both things.
func block_largest_dependsOnThePeer(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: "")
  check.expect(end.connection.largestBlock == .largest, "no CSM yet")
  end.feed("20e1 2164")
  check.expect(end.connection.largestBlock == .largest)
  end.feed("30e1 221000")
  check.expect(end.connection.largestBlock == .largest, "a large message is not enough")
  end.feed("10e1 40")
  check.expect(end.connection.largestBlock == .bert)
  end.feed("30e1 220480")
  check.expect(end.connection.largestBlock == .largest, "1152 is not enough")
  end.feed("30e1 220481")
  check.expect(end.connection.largestBlock == .bert)
}
