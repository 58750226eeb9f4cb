import DeviceCore

// Bodies of requests that come in blocks, at a server.

/// A request with one block of 64 bytes of a body, or with `count` bytes.
@inline(never)
private func block(
  _ path: StaticString, _ token: StaticString, _ number: UInt32, _ isMore: Bool, count: UInt32 = 64,
  exponent: UInt32 = 2, size1: UInt32? = nil, tag: UInt32? = nil, format: UInt32? = nil,
  method: Code = .put, version: UInt32 = 0
) -> RawMessage {
  var message = RawMessage(method, token)
  message.add(path: path)
  if let format { message.add(12, uint: format) }
  message.add(27, block: number, isMore, exponent: exponent)
  if let size1 { message.add(60, uint: size1) }
  if let tag { message.add(292, uint: tag) }
  let offset = number << (exponent == 7 ? 10 : exponent + 4)
  message.add(pattern: offset..<offset + count, version)
  return message
}

// BL-01 BL-07 BL-18: in order, each acknowledged with its own number; Size1 is handed on, M ends the body.
func upload_blocksInOrder_reachTheResource(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true, size1: 4000))
  check.expectMessages(&server.end, "2.31 T:01 O:27=0a P:0")
  check.expect(server.resources.file.announcedByteCount == 4000)
  server.feed(block("f", "02", 1, true))
  check.expectMessages(&server.end, "2.31 T:02 O:27=1a P:0")
  server.feed(block("f", "03", 2, false, count: 5))
  check.expectMessages(&server.end, "2.04 T:03 O:27=22 P:0")
  check.expect(server.resources.file.receivedByteCount == 133 && server.resources.file.doneCount == 1)
  check.expect(server.resources.file.abandonedCount == 0)
  check.expectEmpty(&server)
}

func upload_bodyOfOneBlock_isAWholeBody(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, false, count: 10))
  check.expectMessages(&server.end, "2.04 T:01 O:27=02 P:0")
  server.feed(block("n", "02", 0, false, count: 10))
  check.expectMessages(&server.end, "2.01 T:02 O:27=02 P:0")
  var whole = RawMessage(.put, "03")
  whole.add(path: "n")
  whole.add(pattern: 0..<20)
  server.feed(whole)
  check.expectMessages(&server.end, "2.04 T:03 O:- P:0")
  check.expect(server.resources.note.isIntact && server.resources.note.byteCount == 20)
  check.expectEmpty(&server)
}

// BL-07
func upload_assembled_isHandedOverOnce(_ check: inout Checker) {
  var server = BodyServer()
  for number in UInt32(0)..<63 { server.feed(block("n", "01", number, true)) }
  server.end.output.removeAll()
  check.expect(server.resources.note.putCount == 0)
  server.feed(block("n", "02", 63, false))
  check.expectMessages(&server.end, "2.01 T:02 O:27=03f2 P:0")
  check.expect(server.resources.note.putCount == 1 && server.resources.note.byteCount == 4096)
  check.expect(server.resources.note.isIntact, "put together wrongly")
  check.expectEmpty(&server)
}

// BL-08 BL-09: overlapping, repeated, skipped and lone blocks: 4.08, and the body is over.
func upload_blocksOutOfOrder_areIncomplete(_ check: inout Checker) {
  for path in 0..<2 {
    let path: StaticString = path == 0 ? "f" : "n"
    // Of 64 bytes, where block 2 is due: lone, repeated, skipped, overlapping with half and double size.
    let cases: InlineArray<5, (number: UInt32, exponent: UInt32)> = [
      (1, 2), (3, 2), (0x0f_ffff, 2), (3, 1), (0, 0),
    ]
    for index in 0..<5 {
      let bad = cases[index]
      var server = BodyServer()
      server.feed(block(path, "01", 0, true))
      server.feed(block(path, "01", 1, true))
      server.end.output.removeAll()
      if index == 4 {
        server.feed(block(path, "02", 2, false, count: 1, exponent: 3))
      } else {
        server.feed(
          block(path, "02", bad.number, true, count: UInt32(16) << bad.exponent, exponent: bad.exponent))
      }
      check.expectMessages(&server.end, "4.08 T:02 O:- P:18", "not incomplete")
      server.run()
      check.expect(path.utf8CodeUnitCount == 1 && server.resources.note.putCount == 0)
      check.expect(server.resources.file.transfer == nil, "still under way")
      // What would have been next is none any more.
      server.feed(block(path, "03", 2, false))
      check.expectMessages(&server.end, "4.08 T:03 O:- P:18", "goes on")
      check.expectEmpty(&server)
      check.expect(server.resources.file.doneCount == 0)
    }
  }
}

// BL-03 B-06 V-H10 V-H11: the length of a block that is not the last one; nothing is lost by it.
func upload_lengthOtherThanTheBlock_isABadRequest(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true))
  server.end.output.removeAll()
  server.feed(block("f", "02", 1, true, count: 63))
  check.expectMessages(&server.end, "4.00 T:02 O:- P:29")
  server.feed(block("f", "03", 1, true, count: 65))
  check.expectMessages(&server.end, "4.00 T:03 O:- P:29")
  server.feed(block("f", "04", 1, false, count: 65))
  check.expectMessages(&server.end, "4.00 T:04 O:- P:29")
  server.feed(block("f", "05", 1, true, count: 0))
  check.expectMessages(&server.end, "4.00 T:05 O:- P:29")
  server.feed(block("f", "06", 1, false, count: 0))
  check.expectMessages(&server.end, "2.04 T:06 O:27=12 P:0", "an empty last block is legal")
  check.expectEmpty(&server)
}

// B-12 AMB 15: SZX 7 at a server that has not announced BERT.
func upload_bertNotAnnounced_isABadRequest(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true, count: 1024, exponent: 7))
  check.expectMessages(&server.end, "4.00 T:01 O:- P:29")
  check.expect(server.resources.file.begunCount == 0)
  check.expectEmpty(&server)
}

// C-17 B-06 B-07 B-09 B-10 BL-05 V-H07 V-H08 V-H09 V-H12 V-H13: as if the single blocks had come one after the other.
func upload_bertAndSmallerBlocksMixed_areOneBody(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumMessageByteCount = 9000
  var sizes = Sizes.bodies
  sizes.receive = 9000
  var server = BodyServer(limits: limits, sizes: sizes)
  server.feed(block("f", "01", 0, true, count: 3072, exponent: 7))
  check.expectMessages(&server.end, "2.31 T:01 O:27=0f P:0")
  server.feed(block("f", "02", 3, true, count: 1024, exponent: 6))
  check.expectMessages(&server.end, "2.31 T:02 O:27=3e P:0")
  server.feed(block("f", "03", 4, true, count: 1024, exponent: 7))
  check.expectMessages(&server.end, "2.31 T:03 O:27=4f P:0")
  server.feed(block("f", "04", 10, true, count: 512, exponent: 5))
  check.expectMessages(&server.end, "2.31 T:04 O:27=ad P:0")
  server.feed(block("f", "05", 11, true, count: 512, exponent: 5))
  check.expectMessages(&server.end, "2.31 T:05 O:27=bd P:0")
  server.feed(block("f", "06", 6, true, count: 2048, exponent: 7))
  check.expectMessages(&server.end, "2.31 T:06 O:27=6f P:0")
  server.feed(block("f", "07", 8, false, count: 4711, exponent: 7))
  check.expectMessages(&server.end, "2.04 T:07 O:27=87 P:0")
  check.expect(server.resources.file.receivedByteCount == 12903)
  server.feed(block("f", "08", 0, true, count: 1000, exponent: 7))
  check.expectMessages(&server.end, "4.00 T:08 O:- P:29", "no whole blocks")
  server.feed(block("f", "09", 0, true, count: 0, exponent: 7))
  check.expectMessages(&server.end, "4.00 T:09 O:- P:29", "no block at all")
  server.feed(block("f", "0a", 2, false, count: 2048, exponent: 7))
  check.expectMessages(&server.end, "4.08 T:0a O:- P:18", "a lone last one")
  server.feed(block("f", "0b", 2, false, count: 0, exponent: 7))
  check.expectMessages(&server.end, "4.08 T:0b O:- P:18")
  check.expectEmpty(&server)
}

// BL-10
func upload_otherContentFormat_isIncomplete(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true, format: 42))
  check.expectMessages(&server.end, "2.31 T:01 O:27=0a P:0")
  server.feed(block("f", "02", 1, true, format: 60))
  check.expectMessages(&server.end, "4.08 T:02 O:- P:18")
  server.feed(block("f", "03", 0, true, format: 42))
  server.end.output.removeAll()
  server.feed(block("f", "04", 1, true))
  check.expectMessages(&server.end, "4.08 T:04 O:- P:18")
  check.expect(server.resources.file.abandonedCount == 2)
  check.expectEmpty(&server)
}

// BL-12 X-30 V-H19: more than the resource or the memory takes: said at once, said by Size1, or found out.
func upload_bodyTooLarge_isRefusedWithTheLimit(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.largestStreamedBody = 128
  server.feed(block("f", "01", 0, true, size1: 129))
  check.expectMessages(&server.end, "4.13 T:01 O:60=80 P:0")
  server.feed(block("f", "02", 0, true, count: 512, exponent: 5))
  check.expectMessages(&server.end, "4.13 T:02 O:60=80 P:0")
  server.feed(block("f", "03", 0, false, count: 129, exponent: 5))
  check.expectMessages(&server.end, "4.13 T:03 O:60=80 P:0")
  check.expect(server.resources.file.begunCount == 0)
  server.feed(block("n", "04", 0, true, size1: 4097))
  check.expectMessages(&server.end, "4.13 T:04 O:60=1000 P:0")
  check.expectEmpty(&server)
}

// A Size1 that lies, and blocks without an end.
func upload_endlessBlocks_areRefusedWhereTheLimitIs(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.largestStreamedBody = 1000
  server.feed(block("f", "01", 0, true, size1: 70))
  for number in UInt32(1)..<15 { server.feed(block("f", "01", number, true)) }
  server.end.output.removeAll()
  check.expect(server.resources.file.receivedByteCount == 960 && server.resources.file.faultCount == 0)
  server.feed(block("f", "02", 15, true))
  check.expectMessages(&server.end, "4.13 T:02 O:60=03e8 P:0")
  check.expect(server.resources.file.abandonedCount == 1)
  server.feed(block("f", "03", 16, true))
  check.expectMessages(&server.end, "4.08 T:03 O:- P:18")
  for number in UInt32(0)..<64 { server.feed(block("n", "04", number, true)) }
  server.end.output.removeAll()
  server.feed(block("n", "05", 64, true))
  check.expectMessages(&server.end, "4.13 T:05 O:60=1000 P:0")
  check.expect(server.resources.note.putCount == 0)
  check.expectEmpty(&server)
}

// Without memory for bodies in blocks, or when all of it is in use.
func upload_noMemory_isRefused(_ check: inout Checker) {
  var server = BodyServer(sizes: Sizes())
  server.feed(block("n", "01", 0, true))
  check.expectMessages(&server.end, "4.13 T:01 O:- P:0")
  server.feed(block("f", "02", 0, true))
  check.expectMessages(&server.end, "5.03 T:02 O:- P:25")
  server.feed(block("f", "03", 1, true))
  check.expectMessages(&server.end, "4.08 T:03 O:- P:18")
  check.expectEmpty(&server)

  var other = BodyServer()
  other.feed(block("n", "01", 0, true))
  check.expectMessages(&other.end, "2.31 T:01 O:27=0a P:0")
  other.feed(block("n", "02", 0, true, tag: 1))
  check.expectMessages(&other.end, "5.03 T:02 O:- P:25", "one at a time is put together")
  other.feed(block("n", "03", 1, false))
  check.expectMessages(&other.end, "2.01 T:03 O:27=12 P:0", "the first one is not disturbed")
  check.expectEmpty(&other)
}

// The last number that there is.
func upload_blockNumberOverflow_endsTheBody(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.largestStreamedBody = .max
  server.feed(block("f", "01", 0x0f_ffff, true, count: 1024, exponent: 6))
  check.expectMessages(&server.end, "4.08 T:01 O:- P:18")
  server.feed(block("f", "02", 0, true, count: 16, exponent: 0))
  // As a counter of 20 bits would go on behind 1,048,575.
  server.end.output.removeAll()
  server.feed(block("f", "03", 0, true, count: 16, exponent: 0))
  check.expectMessages(&server.end, "2.31 T:03 O:27=08 P:0", "begins anew")
  check.expect(server.resources.file.abandonedCount == 1 && server.resources.file.begunCount == 2)
  var message = RawMessage(.put, "04")
  message.add(path: "f")
  message.add(27, uint: 0x100_0008)
  message.add(pattern: 16..<32)
  server.feed(message)
  check.expectMessages(&server.end, "4.02 T:04 O:- P:31", "four bytes are too many")
  check.expectEmpty(&server)
}

// X-23 X-25 BL-02 BL-21 V-H15
func upload_blockOptionTwiceOrUnknown_isABadOption(_ check: inout Checker) {
  var server = BodyServer()
  let numbers: InlineArray<4, Int> = [27, 23, 19, 31]
  for index in 0..<4 {
    let number = numbers[index]
    var message = RawMessage(.put, "01")
    message.add(path: "f")
    message.add(number, uint: 0x0a)
    if number == 27 || number == 23 { message.add(number, uint: 0x0a) }
    message.add(pattern: 0..<64)
    server.feed(message)
    check.expectMessages(&server.end, "4.02 T:01 O:- P:31")
  }
  check.expect(server.resources.file.begunCount == 0)
  check.expectEmpty(&server)
}
