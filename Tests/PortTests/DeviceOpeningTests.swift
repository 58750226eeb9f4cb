import DeviceCore
import Port
import Testing

/// What a device does with streams that are not open yet.
@Suite struct DeviceOpeningTests {
  private let listener = QueueListener<ScriptedStream>()
  private let host: TestDevice<QueueListener<ScriptedStream>>
  private var notes: Witness.Notes { host.notes }
  private var board: TestBoard { host.board }

  init() { host = TestDevice(listener) }

  /// A peer whose stream answers `open` so.
  private func dial(_ opening: OpenResult...) -> Script {
    let script = Script()
    script.opening = opening
    listener.queue.streams.append(ScriptedStream(script: script))
    return script
  }

  @Test func stream_thatOpens_isServed() {
    let script = dial(.nothingYet, .open)
    let start = board.now
    #expect(host.step() == start + .seconds(30))
    #expect(script.calls.isEmpty, "nothing is read or written before it is open")
    script.input = [TestMessage.csm + TestMessage.echo([1], token: 2)]
    host.step()
    #expect(Array(script.output.suffix(5)) == TestMessage.changed([1], token: 2))
    #expect(notes.accepted == [0])
    #expect(notes.failures.isEmpty)
  }

  @Test func stream_thatStaysNothingYet_isGivenUpAtTheTimeout() {
    let script = dial(.nothingYet)
    let start = board.now
    #expect(host.step() == start + .seconds(30))
    board.advance(by: Milliseconds(29_999))
    #expect(host.step() == start + .seconds(30))
    #expect(script.closeCount == 0)
    #expect(!host.isIdle)
    board.advance(by: Milliseconds(1))
    #expect(host.step() == nil)
    #expect(script.calls == ["close"])
    #expect(notes.failures == [.local(.handshakeTimedOut)])
    #expect(host.isIdle)
  }

  @Test func stream_withoutATimeout_mayTakeForEver() {
    host.handshakeTimeout = Milliseconds(0)
    let script = dial(.nothingYet)
    #expect(host.step() == nil)
    board.advance(by: .seconds(1_000_000))
    #expect(host.step() == nil)
    #expect(script.closeCount == 0)
  }

  @Test func stream_thatIsFailing_isClosedAfterLingering() {
    let script = dial(.nothingYet, .failing)
    script.failure = .local(.keysDiffer)
    let start = board.now
    host.step()
    board.advance(by: .seconds(20))
    #expect(host.step() == start + .seconds(22))
    board.advance(by: .seconds(1))
    #expect(host.step() == start + .seconds(22), "it is not prolonged")
    #expect(script.closeCount == 0)
    #expect(notes.failures.isEmpty)
    board.advance(by: .seconds(1))
    #expect(host.step() == nil)
    #expect(script.closeCount == 1)
    #expect(notes.failures == [.local(.keysDiffer)])
    #expect(host.isIdle)
  }

  @Test func stream_thatFailsAtLast_isClosedAtOnce() {
    let script = dial(.failing, .failing, .failed)
    script.failure = .local(.notTLS)
    host.step()
    host.step()
    #expect(script.closeCount == 0)
    #expect(host.step() == nil)
    #expect(script.closeCount == 1)
    #expect(notes.failures == [.local(.notTLS)])
    host.step()
    #expect(script.openCount == 3)
    #expect(notes.failures.count == 1)
  }

  @Test func stream_thatIsBusy_givesOthersATurn() {
    let busy = dial(.busy)
    let other = dial(.open)
    let start = board.now
    #expect(host.step() == start, "again at once")
    let count = busy.openCount
    other.input = [TestMessage.csm + TestMessage.echo([1], token: 2)]
    #expect(host.step() == start)
    #expect(busy.openCount == count + 1, "one turn a step")
    #expect(Array(other.output.suffix(5)) == TestMessage.changed([1], token: 2))
  }

  @Test func slot_ofAFailedStream_isGivenAwayInTheSameStep() {
    let scripts = [dial(.failing, .failed), dial(.nothingYet), dial(.nothingYet)]
    scripts[0].failure = .local(.notTLS)
    host.step()
    #expect(scripts.map(\.openCount) == [1, 1, 0], "the third one waits")
    host.step()
    #expect(scripts.map(\.openCount) == [2, 2, 1])
    #expect(notes.accepted == [0, 1, 0])
    #expect(host.connectionCount == 2)
  }

  /// Nothing announces a peer again that was waiting.
  @Test func slots_ofStreamsThatFailAtOnce_areGivenAwayAtOnce() {
    let scripts = (0..<5).map { _ in dial(.failed) } + [dial(.nothingYet)]
    host.step()
    #expect(scripts.map(\.openCount) == [1, 1, 1, 1, 1, 1])
    #expect(notes.failures.count == 5)
    #expect(host.connectionCount == 1)
  }

  @Test func stop_inAHandshake_closesAtOnce_andAcceptsNothingMore() {
    let script = dial(.nothingYet)
    host.step()
    host.stop()
    #expect(script.closeCount == 1)
    #expect(notes.failures.count == 1)
    #expect(host.isIdle)
    let late = dial(.open)
    #expect(host.step() == nil)
    #expect(late.openCount == 0)
    #expect(notes.failures.count == 1)
  }

  @Test func stop_whileThePeerIsTold_keepsTheReason() {
    let script = dial(.failing)
    script.failure = .local(.certificate(.expired))
    host.step()
    host.stop()
    #expect(notes.failures == [.local(.certificate(.expired))])
  }

  @Test func stop_connectionOpen_isReleasedFirst() {
    let script = dial(.open)
    script.input = [TestMessage.csm]
    host.step()
    host.stop()
    #expect(script.closeCount == 0)
    script.hasEnd = true
    for _ in 0..<3 { host.step() }
    #expect(script.closeCount == 1)
    #expect(host.isIdle)
    #expect(notes.failures.isEmpty)
  }

  @Test func tlsThatBreaksLater_isToldOnce() {
    let script = dial(.open)
    script.input = [TestMessage.csm]
    host.step()
    script.failsReading = true
    script.failure = .local(.truncated)
    host.step()
    host.step()
    #expect(notes.failures == [.local(.truncated)])
    #expect(notes.events.last == .closed(.transportFailed))
    #expect(script.closeCount == 1)
    #expect(host.isIdle)
  }

  @Test func plainStreamThatBreaks_isNoFailureOfTLS() {
    let script = dial(.open)
    script.failsReading = true
    host.step()
    #expect(notes.failures.isEmpty)
    #expect(notes.events == [.closed(.transportFailed)])
  }

  @Test func boardWithoutRandomBits_turnsThePeerAway() {
    let script = dial(.nothingYet, .open)
    host.step()
    board.hasEntropy = false
    #expect(host.step() == nil, "the deadline of the handshake is gone")
    #expect(script.calls == ["close"])
    #expect(notes.lacksEntropyCount == 1)
    #expect(host.isIdle)
    board.hasEntropy = true
    let next = dial(.open)
    host.step()
    #expect(!next.output.isEmpty)
  }

  @Test func run_stopped_returnsWhenTheLastHandshakeIsAbandoned() {
    _ = dial(.nothingYet)
    host.step()
    host.stop()
    host.run()
    #expect(board.waits.isEmpty)
  }
}
