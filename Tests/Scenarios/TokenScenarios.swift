import DeviceCore

// X-13 X-14
func token_bytesOfEachLength_areKept(_ check: inout Checker) {
  let bytes: InlineArray<9, UInt8> = [1, 2, 3, 4, 5, 6, 7, 8, 9]
  for count in 0...8 {
    guard let token = Token(bytes.span.extracting(first: count)) else {
      check.fail("no token")
      continue
    }
    check.expect(token.count == count)
    for index in 0..<count { check.expect(token[index] == bytes[index]) }
    check.expect((token.number != nil) == (count == 4))
    for other in 0...8 {
      check.expect((Token(bytes.span.extracting(first: other)) == token) == (other == count))
    }
  }
  check.expect(Token(bytes.span) == nil, "a token of nine bytes")
  check.expect(Token().count == 0)
}

func token_madeOfANumber_isFourBytes(_ check: inout Checker) {
  let token = Token(0x0102_ff00)
  check.expect(token.count == 4 && token.number == 0x0102_ff00)
  check.expect(token[0] == 1 && token[1] == 2 && token[2] == 255 && token[3] == 0)
  // A leading zero byte is part of a token.
  let bytes: InlineArray<4, UInt8> = [0, 0, 0, 5]
  check.expect(Token(bytes.span) == Token(5))
  check.expect(Token(bytes.span.extracting(droppingFirst: 1)) != Token(5))
}

// L-04 X-14 X-15 X-16: counting up, never empty, never twice; across the end of 32 bits too.
func tokens_ofManyRequests_areAllDifferent(_ check: inout Checker) {
  var end = TestEnd(.initiator, firstToken: 0xffff_fff0)
  for index in 0..<32 {
    check.expect(end.ask() == nil, "refused")
    end.run()
    var reader = MessageReader(end.output.bytes)
    if let message = reader.next(), let token = Token(message.token) {
      check.expect(token.number == 0xffff_fff0 &+ UInt32(index), "does not count up")
    } else {
      check.fail("no request")
    }
    end.output.removeAll()
    if let request = end.tally.anyOutstanding {
      end.connection.cancel(request)
      end.tally.forget(request)
    }
  }
  check.expectLegal(end)
}

// L-04: a Ping takes its token from the same count.
func tokens_ofPings_areCountedWithThose(_ check: inout Checker) {
  var end = TestEnd(.initiator, firstToken: 0xffff_ffff)
  check.expect(end.ping() == nil && end.ask() == nil)
  end.run()
  check.expectOutput(&end, "04e2 ffffffff 54 01 00000000 ff 01000001")
}

// T-13: the same token in both directions at once belongs to two different requests.
func tokens_sameInBothDirections_areTwoRequests(_ check: inout Checker) {
  var end = TestEnd(.acceptor, firstToken: 0x0000_0001)
  check.expect(end.ask() == nil)
  end.feed("04 02 00000001")
  check.expectOutput(&end, "54 01 00000001 ff 01000001", "own request")
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectMessages(&end, "2.05 T:00000001 O:12=2a P:4:00000000")
  check.expect(end.tally.outstanding == 1)
  end.feed("54 45 00000001 ff 01000001")
  check.expect(end.tally.outstanding == 0 && end.tally.responses == 1)
  check.expectOpen(&end)
}
