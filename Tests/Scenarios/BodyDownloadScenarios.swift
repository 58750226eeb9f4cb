import DeviceCore

// Bodies of answers in blocks, at a server.

/// A request for a block.
@inline(never)
private func ask(
  _ path: StaticString, _ token: StaticString, _ number: UInt32? = nil, exponent: UInt32 = 2,
  method: Code = .get, size2: UInt32? = nil, isMore: Bool = false
) -> RawMessage {
  var message = RawMessage(method, token)
  message.add(path: path)
  if let number { message.add(23, block: number, isMore, exponent: exponent) }
  if let size2 { message.add(28, uint: size2) }
  return message
}

/// The one message of the output has this part of the pattern as its payload; the rest is looked at next.
@inline(never)
private func expectPart(
  _ check: inout Checker, _ server: borrowing BodyServer, _ range: Range<UInt32>, _ version: UInt32 = 0,
  line: UInt32 = #line
) {
  var reader = MessageReader(server.end.output.bytes)
  if let message = reader.next() {
    check.expect(message.payload.count == range.count, "other length", line: line)
    check.expect(isPattern(message.payload, at: range.lowerBound, version), "other bytes", line: line)
  } else {
    check.fail("no answer", line: line)
  }
}

// BL-01 BL-05 BL-06 X-33 V-H17: every size, the last block, and the one behind it.
func download_eachSize_hasItsBlocks(_ check: inout Checker) {
  for exponent in UInt32(0)...6 {
    let size = UInt32(16) << exponent
    var server = BodyServer()
    server.resources.file.byteCount = size * 2 + 1
    server.resources.file.declaresSize = exponent % 2 == 0
    server.feed(ask("f", "01", 0, exponent: exponent))
    expectPart(&check, server, 0..<size)
    server.end.output.removeAll()
    server.feed(ask("f", "01", 1, exponent: exponent))
    expectPart(&check, server, size..<2 * size)
    var reader = MessageReader(server.end.output.bytes)
    if let message = reader.next() {
      let block = message.block(.block2)
      check.expect(block?.number == 1 && block?.isMore == true && block?.size.rawValue == UInt8(exponent))
      check.expect(message.eTag.count == 4, "no ETag")
    }
    server.end.output.removeAll()
    server.feed(ask("f", "01", 2, exponent: exponent))
    expectPart(&check, server, 2 * size..<2 * size + 1)
    server.end.output.removeAll()
    server.feed(ask("f", "01", 3, exponent: exponent))
    check.expectMessages(&server.end, "4.00 T:01 O:- P:13:6e6f207375636820626c6f636b")
    check.expectEmpty(&server)
  }
}

// BL-04: M of a request says nothing. A body without bytes, one of exactly one block, and one in no blocks.
func download_smallBodies_areWhole(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(ask("f", "01", 0, isMore: true))
  check.expectMessages(&server.end, "2.05 T:01 O:4=00000000,12=2a P:0")
  server.feed(ask("f", "02", 1))
  check.expectMessages(&server.end, "4.00 T:02 O:- P:13:6e6f207375636820626c6f636b")
  server.resources.file.byteCount = 64
  server.feed(ask("f", "03", 0, isMore: true))
  check.expectMessages(&server.end, "2.05 T:03 O:4=00000000,12=2a,23=02 P:64")
  server.feed(ask("f", "04"))
  check.expectMessages(&server.end, "2.05 T:04 O:4=00000000,12=2a P:64")
  check.expectEmpty(&server)
}

// BL-05 BL-17: without a Block2 of the client the server begins, with the largest block that both can.
func download_largerThanAMessage_beginsWithBlock0(_ check: inout Checker) {
  var server = BodyServer(peerCSM: "10e1 40")
  server.resources.file.byteCount = 3000
  server.feed(ask("f", "01"))
  check.expectMessages(&server.end, "2.05 T:01 O:4=00000000,12=2a,23=0e,28=0bb8 P:1024")
  server.resources.file.declaresSize = false
  server.feed(ask("f", "02"))
  expectPart(&check, server, 0..<1024)
  check.expectMessages(&server.end, "2.05 T:02 O:4=00000000,12=2a,23=0e,28=0bb8 P:1024")
  server.feed(ask("f", "03", 2, exponent: 6))
  expectPart(&check, server, 2048..<3000)
  check.expectMessages(&server.end, "2.05 T:03 O:4=00000000,12=2a,23=26 P:952")
  check.expectEmpty(&server)
}

// BL-17 BL-18: Size2 0 asks for the size; anything else, or twice, asks nothing.
func download_sizeAskedFor_isSaid(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.byteCount = 300
  server.feed(ask("f", "01", 0, size2: 0))
  check.expectMessages(&server.end, "2.05 T:01 O:4=00000000,12=2a,23=0a,28=012c P:64")
  server.feed(ask("f", "02", 0, size2: 9))
  check.expectMessages(&server.end, "2.05 T:02 O:4=00000000,12=2a,23=0a P:64")
  server.feed(ask("f", "03", size2: 0))
  check.expectMessages(&server.end, "2.05 T:03 O:4=00000000,12=2a,28=012c P:300")
  check.expectEmpty(&server)
}

// B-12 V-H02 V-H04 V-H16: asking for BERT without having been told that it works.
func download_bertNotAnnounced_isABadRequest(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.byteCount = 3000
  server.feed(ask("f", "01", 0, exponent: 7))
  check.expectMessages(&server.end, "4.00 T:01 O:- P:12:6e6f20424552542068657265")
  check.expectEmpty(&server)
}

// B-02 B-03 B-04 B-05 B-08 B-11 V-H01 V-H03 V-H05: several blocks a message to a peer that takes them, SZX 6 to others.
func download_bert_dependsOnThePeer(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumMessageByteCount = 2000
  var sizes = Sizes.bodies
  sizes.transmit = 6000
  var server = BodyServer(limits: limits, sizes: sizes, peerCSM: "40e1 221bd0 20")
  server.resources.file.byteCount = 12903
  server.feed(ask("f", "01", 0, exponent: 7))
  expectPart(&check, server, 0..<5120)
  check.expectMessages(&server.end, "2.05 T:01 O:4=00000000,12=2a,23=0f P:5120")
  server.feed(ask("f", "02", 5, exponent: 7))
  check.expectMessages(&server.end, "2.05 T:02 O:4=00000000,12=2a,23=5f P:5120")
  server.feed(ask("f", "03", 10, exponent: 7))
  expectPart(&check, server, 10240..<12903)
  check.expectMessages(&server.end, "2.05 T:03 O:4=00000000,12=2a,23=a7 P:2663")
  server.feed(ask("f", "04", 3, exponent: 6))
  check.expectMessages(&server.end, "2.05 T:04 O:4=00000000,12=2a,23=3e P:1024")
  server.feed(ask("f", "05"))
  check.expectMessages(&server.end, "2.05 T:05 O:4=00000000,12=2a,23=0f,28=3267 P:5120")
  check.expectEmpty(&server)

  var other = BodyServer(limits: limits, sizes: sizes, peerCSM: TestEnd.baseCSM)
  other.resources.file.byteCount = 12903
  other.feed(ask("f", "01", 1, exponent: 7))
  expectPart(&check, other, 1024..<2048)
  check.expectMessages(&other.end, "2.05 T:01 O:4=00000000,12=2a,23=1e P:1024")
  check.expectEmpty(&other)
}

// C-20 AMB 15 AMB 25: the peer lowers and raises its limit between two blocks.
func download_peerChangesItsLimit_blocksFollow(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumMessageByteCount = 2000
  var sizes = Sizes.bodies
  sizes.transmit = 6000
  var server = BodyServer(limits: limits, sizes: sizes, peerCSM: "40e1 221bd0 20")
  server.resources.file.byteCount = 12903
  server.feed(ask("f", "01", 0, exponent: 7))
  check.expectMessages(&server.end, "2.05 T:01 O:4=00000000,12=2a,23=0f P:5120")
  server.feed("30e1 220258")
  server.feed(ask("f", "02", 5, exponent: 7))
  expectPart(&check, server, 5120..<5632)
  check.expectMessages(&server.end, "2.05 T:02 O:4=00000000,12=2a,23=ad P:512")
  server.feed("20e1 2138")
  server.feed(ask("f", "03", 11, exponent: 5))
  expectPart(&check, server, 5632..<5664)
  check.expectMessages(&server.end, "2.05 T:03 O:4=00000000,12=2a,23=0b09 P:32")
  // Not even the smallest block.
  server.feed("20e1 2119")
  server.feed(ask("f", "04", 353, exponent: 0))
  check.expectMessages(&server.end, "5.00 T:04 O:- P:0")
  server.feed("30e1 221bd0")
  server.feed(ask("f", "05", 6, exponent: 7))
  expectPart(&check, server, 6144..<11264)
  check.expectMessages(&server.end, "2.05 T:05 O:4=00000000,12=2a,23=6f P:5120")
  check.expectEmpty(&server)
}

// Block numbers that lie beyond the body, or cannot be written in blocks that the peer takes: never other bytes.
func download_blockNumberOverflow_isRefused(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.byteCount = 3000
  server.feed(ask("f", "01", 0x0f_ffff, exponent: 6))
  check.expectMessages(&server.end, "4.00 T:01 O:- P:13:6e6f207375636820626c6f636b")
  server.feed("510108 d30a fffff7")
  check.expectMessages(&server.end, "4.00 T:08 O:- P:12:6e6f20424552542068657265")
  server.feed("610108 d40a 10000007")
  check.expectMessages(&server.end, "4.02 T:08 O:- P:31")
  server.resources.file.byteCount = 1 << 30
  server.feed(ask("f", "02", 0x0f_ffff, exponent: 6))
  expectPart(&check, server, (1 << 30) - 1024..<1 << 30)
  check.expectMessages(&server.end, "2.05 T:02 O:4=00000000,12=2a,23=fffff6 P:1024")
  server.feed("20e1 21c8")
  server.feed(ask("f", "03", 0x0f_ffff, exponent: 6))
  check.expectMessages(&server.end, "5.00 T:03 O:- P:25")
  check.expectEmpty(&server)
}

// BL-06: another representation between two blocks has another ETag; a client that asks for it anew gets it.
func download_changesBetweenBlocks_hasAnotherETag(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.byteCount = 200
  server.feed(ask("f", "01", 0))
  check.expectMessages(&server.end, "2.05 T:01 O:4=00000000,12=2a,23=0a P:64")
  server.resources.file.version = 0x0102_0304
  server.feed(ask("f", "02", 1))
  expectPart(&check, server, 64..<128, 0x0102_0304)
  check.expectMessages(&server.end, "2.05 T:02 O:4=01020304,12=2a,23=1a P:64")
  check.expectEmpty(&server)
}
