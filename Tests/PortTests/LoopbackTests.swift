import Port
import Testing

@Suite struct LoopbackTests {
  private let pair = LoopbackPair(capacity: 8)

  @Test func read_nothingWritten_isNothingYet() {
    #expect(pair.one.read(atMost: 4) == .nothingYet)
    #expect(pair.one.read(atMost: 4) == .nothingYet)
    #expect(!pair.one.hasUnreadInput)
  }

  @Test func write_comesOutAtTheOtherEndOnly() {
    #expect(pair.one.write([1, 2, 3]) == .bytes(3))
    #expect(pair.one.read(atMost: 4) == .nothingYet)
    #expect(pair.other.hasUnreadInput)
    #expect(pair.other.read(atMost: 4) == .bytes([1, 2, 3]))
    #expect(!pair.other.hasUnreadInput)
  }

  @Test func write_moreThanFits_takesWhatFits() {
    #expect(pair.one.write(.pattern(11)) == .bytes(8))
    #expect(pair.one.write([9]) == .nothingYet)
    #expect(pair.other.read(atMost: 3) == .bytes(Array([UInt8].pattern(11).prefix(3))))
    #expect(pair.one.write([21, 22, 23, 24]) == .bytes(3))
    #expect(pair.other.read(atMost: 20) == .bytes(Array([UInt8].pattern(11)[3..<8]) + [21, 22, 23]))
  }

  @Test(arguments: 1...8, 1...8)
  func bytes_anyPieces_arriveInOrder(written: Int, read: Int) {
    let sent = [UInt8].pattern(200)
    var rest = sent[...]
    var received: [UInt8] = []
    while received.count < sent.count {
      if !rest.isEmpty, case .bytes(let count) = pair.one.write(Array(rest.prefix(written))) {
        rest = rest.dropFirst(count)
      }
      if case .bytes(let bytes) = pair.other.read(atMost: read) { received += bytes }
    }
    #expect(received == sent)
    #expect(pair.other.read(atMost: 1) == .nothingYet)
  }

  @Test func finishWriting_withBytesUnderWay_endsBehindThem() {
    _ = pair.one.write([1, 2])
    pair.one.finishWriting()
    #expect(pair.other.read(atMost: 1) == .bytes([1]))
    #expect(pair.other.hasUnreadInput)
    #expect(pair.other.read(atMost: 1) == .bytes([2]))
    #expect(pair.other.hasUnreadInput, "the end is known")
    #expect(pair.other.read(atMost: 1) == .end)
    #expect(pair.other.read(atMost: 1) == .end)
  }

  @Test func finishWriting_otherDirection_goesOn() {
    pair.one.finishWriting()
    #expect(pair.other.write([5]) == .bytes(1))
    #expect(pair.one.read(atMost: 1) == .bytes([5]))
    #expect(pair.one.write([6]) == .failed)
    #expect(pair.one.write([6]) == .failed)
  }

  @Test func close_fails_andStaysSo() {
    _ = pair.other.write([1])
    pair.one.close()
    pair.one.close()
    for _ in 0..<2 {
      #expect(pair.one.read(atMost: 1) == .failed)
      #expect(pair.one.write([1]) == .failed)
    }
    #expect(!pair.one.hasUnreadInput)
  }

  @Test func close_otherEnd_readsTheRestAndTheEnd_andCannotWrite() {
    _ = pair.one.write([1])
    pair.one.close()
    #expect(pair.other.read(atMost: 4) == .bytes([1]))
    #expect(pair.other.read(atMost: 4) == .end)
    #expect(pair.other.write([1]) == .failed)
    #expect(pair.other.read(atMost: 4) == .end)
  }

  @Test func pair_ofPipesThatWereUsed_isNew() {
    _ = pair.one.write([1, 2, 3])
    pair.one.close()
    pair.other.close()
    pair.reconnect()
    #expect(pair.other.read(atMost: 1) == .nothingYet)
    #expect(pair.other.write([7]) == .bytes(1))
    #expect(pair.one.read(atMost: 1) == .bytes([7]))
  }

  @Test func stream_ofATransport_isOpenAndUnsecured() {
    #expect(pair.one.open() == .open)
    #expect(!pair.one.isSecured)
    #expect(pair.one.failure == nil)
  }

  @Test func listener_ofOneStream_acceptsItOnce() {
    var listener = SingleStreamListener(pair.other)
    #expect(listener.accept() != nil)
    #expect(listener.accept() == nil)
  }
}
