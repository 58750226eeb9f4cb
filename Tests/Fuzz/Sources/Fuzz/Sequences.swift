import CFuzz
import DeviceCore

@testable import Scenarios

/// One request that belongs to a body or an observation, made of a few bytes.
private func request(_ input: inout Input, _ due: UInt32) -> RawMessage {
  let kind = input.byte()
  let resource = Int(kind & 3)
  let path: StaticString = ["f", "n", "c", "d"][resource]
  let method: Code = [.get, .put, .post, .fetch, .put, .get, .delete, .patch][Int(kind >> 2 & 7)]
  let token: StaticString = ["66", "6e", "63", "7f"][resource]
  var message = RawMessage(method, token)
  let presence = input.byte()
  if presence & 1 != 0 { message.add(4, eTag: UInt32(input.below(3))) }
  if presence & 2 != 0 { message.add(6, uint: UInt32(input.below(3))) }
  message.add(path: path)
  if presence & 4 != 0 { message.add(12, uint: UInt32(input.below(2)) * 42) }
  if presence & 8 != 0 {
    message.add(23, block: number(&input, 0), input.flag(), exponent: UInt32(input.below(8)))
  }
  var range: Range<UInt32> = 0..<UInt32(input.byte())
  // The file knows of no bodies but those of PUT, and of one at a time: no Request-Tag.
  if presence & 16 != 0, method == .put || resource != 0 {
    let exponent = UInt32(input.below(8))
    let size = UInt32(16) << min(exponent, 6)
    let block = number(&input, due / size)
    let isMore = input.flag()
    message.add(27, block: block, isMore, exponent: exponent)
    let start = block << (exponent == 7 ? 10 : exponent + 4)
    let count = input.below(8) == 0 ? input.number16() % 1100 : isMore ? size : UInt32(input.byte()) % size
    // The last block number of SZX 6 ends above 32 bits no body can have.
    range = start..<(start &+ count < start ? start : start + count)
  }
  if presence & 32 != 0 { message.add(28, uint: 0) }
  if presence & 64 != 0 { message.add(60, uint: input.number16() << UInt32(input.below(17))) }
  if presence & 128 != 0, resource != 0 { message.add(292, uint: UInt32(input.below(3))) }
  message.add(pattern: range)
  return message
}

private func number(_ input: inout Input, _ due: UInt32) -> UInt32 {
  switch input.byte() {
  case 0..<160: due & 0xf_ffff
  case 160..<230: UInt32(input.below(8))
  default: (input.number16() << 8 | UInt32(input.byte())) & 0xf_ffff
  }
}

/// Requests in blocks and observations in any order, with changes in between.
func fuzzBlocks(_ input: inout Input, _ check: inout Checker) {
  var sizes = Sizes.bodies
  let choice = input.byte()
  sizes.transmit = 300 + Int(choice) * 9
  sizes.assembly = choice & 1 == 0 ? 0 : 700
  sizes.answer = choice & 2 == 0 ? 0 : 900
  var server = BodyServer(sizes: sizes, peerCSM: choice & 4 == 0 ? TestEnd.baseCSM : TestEnd.boundlessCSM)
  server.resources.file.byteCount = input.number16() % 5000
  server.resources.file.largestStreamedBody = 200 + input.number16() % 3000
  server.resources.note.answerByteCount = input.number16() % 1200
  for _ in 0..<60 where !input.isEmpty && server.end.tally.closed == 0 {
    // Nobody keeps what does not fit.
    if server.end.connection.space.count < 1300 { server.end.takesOutput = true }
    switch input.byte() {
    case 0..<12:
      server.end.takesOutput = true
      server.run()
      server.wait(input.flag() ? 300_000 : 1000)
    case 12..<24: server.resources.file.version += 1
    case 24..<36: server.resources.count.value += 1
    case 36..<44: server.end.takesOutput = false
    case 44..<52: server.feed(input.flag() ? "20e1 2164" : "30e1 221000")
    case 52..<58: server.resources.file.refusedOffset = input.flag() ? .max : UInt32(input.byte())
    default:
      let size = server.resources.file.transfer == nil ? 0 : server.resources.file.receivedByteCount
      server.feed(request(&input, size))
    }
    if server.end.takesOutput { server.run() }
    expectLegalAnswers(&server, &check)
  }
  server.end.takesOutput = true
  server.run()
  check.expectEndLeavesNothing(&server, &input)
}

private func expectLegalAnswers(_ server: inout BodyServer, _ check: inout Checker) {
  guard server.end.takesOutput else { return }
  var reader = MessageReader(server.end.output.bytes)
  while let message = reader.next() {
    let block = message.block(.block2)
    check.expect(
      block?.allows(payloadByteCount: message.payload.count) ?? true, "other length than the block")
    check.expect(message.firstOption(.observe) == nil || message.code.isSuccess, "Observe in an error")
    guard message.code == .content, message.token.count == 1, message.token[0] == 0x66 else { continue }
    check.expect(isPattern(message.payload, at: block?.offset ?? 0, message.eTag.number ?? 0), "other bytes")
  }
  check.expectValidOutput(&server.end)
}

/// CSMs with any options in any order, requests in between: no answer is larger than the newest limit allows.
func fuzzCapabilities(_ input: inout Input, _ check: inout Checker) {
  var server = BodyServer(peerCSM: "")
  server.end.output.removeAll()
  server.resources.file.byteCount = 4000
  var limit: UInt64 = 1152
  for _ in 0..<40 where !input.isEmpty && server.end.tally.closed == 0 {
    switch input.byte() {
    case 0..<150:
      var message = RawMessage(.capabilitiesAndSettings, input.flag() ? "" : "7e")
      var last: UInt8 = 0
      var size: UInt64?
      var hasSize = false
      for _ in 0..<input.below(4) {
        let next = last &+ input.byte() % 8
        let value = input.take(input.below(6))
        message.add(Int(next), bytes: value.span)
        // Max-Message-Size: the first one counts, if it is a number.
        if next == 2, !hasSize {
          hasSize = true
          if value.count <= 4 { size = value.reduce(0) { $0 << 8 | UInt64($1) } }
        }
        last = next
      }
      server.feed(message)
      check.expectValidOutput(&server.end, largest: max(limit, 100))
      if let size { limit = size }
    case 150..<230:
      server.feed(input.flag() ? "2101 66 b166" : "5101 63 60 5163 d10a00")
      check.expectValidOutput(&server.end, largest: max(limit, 100))
    default:
      server.feed("02e2 7e7f")
      check.expectValidOutput(&server.end, largest: max(limit, 100))
    }
    guard server.end.tally.closed == 0, server.end.connection.transportAction == .keepOpen else { break }
  }
  check.expectEndLeavesNothing(&server, &input)
}
