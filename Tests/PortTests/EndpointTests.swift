import DeviceCore
import Port
import Testing

@Suite struct EndpointTests {
  private let script: Script
  private let endpoint: TestEndpoint<ScriptedStream>

  init() {
    script = Script()
    endpoint = TestEndpoint(ScriptedStream(script: script))
  }

  @Test func pump_firstTime_writesItsCSM() {
    #expect(endpoint.pump() == .waiting(until: endpoint.deadline))
    #expect(script.output.count >= 2)
    #expect(script.calls == ["write \(script.output.count)"])
  }

  @Test func pump_request_isAnsweredInOneReadAndOneWrite() {
    script.input = [TestMessage.csm]
    endpoint.settle()
    script.forgetCalls()
    let request = TestMessage.echo([1, 2, 3], token: 9)
    let answer = TestMessage.changed([1, 2, 3], token: 9)
    script.input = [request]
    #expect(endpoint.pump() == .waiting(until: endpoint.deadline))
    #expect(script.calls == ["read \(request.count)", "write \(answer.count)"])
    #expect(Array(script.output.suffix(answer.count)) == answer)
  }

  /// Nothing announces the input again that a full buffer has left behind.
  @Test(arguments: [1, 7, 100, 700, .max])
  func pump_fullReceiveBufferEmpties_isReadAgainAtOnce(room: Int) {
    script.room = nil
    script.input = [TestMessage.csm + (0..<250).flatMap { TestMessage.echo([$0], token: $0) }]
    endpoint.settle()
    #expect(!endpoint.wantsInput, "it is full, for no answer leaves")
    #expect(!script.input.isEmpty)
    script.room = room
    // Each pump stands for an announcement that the transport has room.
    var stallCount = 0
    for _ in 0..<5000 where endpoint.requestCount < 250 {
      if endpoint.pump() != .busy && endpoint.wantsInput && !script.input.isEmpty { stallCount += 1 }
    }
    #expect(stallCount == 0)
    #expect(script.input.isEmpty)
    #expect(endpoint.requestCount == 250)
  }

  @Test(arguments: [1, 2, 3, 5, 10])
  func pump_littleRoomAndSmallPieces_losesNothing(size: Int) {
    script.room = size
    let input = TestMessage.csm + (0..<50).flatMap { TestMessage.echo([$0, 7], token: $0) }
    script.input = stride(from: 0, to: input.count, by: size).map {
      Array(input[$0..<min(input.count, $0 + size)])
    }
    // Each pump stands for an announcement of the transport.
    for _ in 0..<1000 { _ = endpoint.pump() }
    let answers = (0..<50).flatMap { TestMessage.changed([$0, 7], token: $0) }
    #expect(Array(script.output.suffix(answers.count)).firstDifference(from: answers) == nil)
  }

  @Test func pump_endlessInput_returnsBusy() {
    script.input = [TestMessage.csm, [UInt8](repeating: 0, count: 100_000)]
    _ = endpoint.pump()
    #expect(endpoint.pump() == .busy)
    #expect(!script.input.isEmpty)
    endpoint.settle()
    #expect(script.input.isEmpty)
  }

  @Test func pump_peerEnds_finishesAndCloses_inThisOrder() {
    script.input = [TestMessage.csm + TestMessage.echo([5], token: 1)]
    script.hasEnd = true
    for _ in 0..<10 where endpoint.pump() == .over { break }
    #expect(script.calls.suffix(3).map { $0.split(separator: " ")[0] } == ["write", "finish", "close"])
    #expect(Array(script.output.suffix(5)) == TestMessage.changed([5], token: 1))
    #expect(endpoint.events.last == .closed(.closedByPeer))
    #expect(script.closeCount == 1)
  }

  @Test func pump_abort_waitsForThePeersEndBeforeItCloses() {
    // A request before any CSM.
    script.input = [TestMessage.echo([5], token: 1)]
    let progress = endpoint.settle()
    #expect(script.calls.last == "finish")
    #expect(progress == .waiting(until: endpoint.now + Limits().lingerTimeout))
    #expect(script.closeCount == 0)
    script.hasEnd = true
    #expect(endpoint.settle() == .over)
    #expect(script.calls.last == "close")
    #expect(script.closeCount == 1)
  }

  @Test func pump_abortAndAPeerThatStays_closesAfterLingering() {
    script.input = [TestMessage.echo([5], token: 1)]
    endpoint.settle()
    endpoint.now = endpoint.now + Limits().lingerTimeout
    #expect(endpoint.settle() == .over)
    #expect(script.closeCount == 1)
  }

  @Test func pump_outputThatIsNotTaken_finishesBehindIt() {
    script.input = [TestMessage.echo([5], token: 1)]
    script.room = nil
    endpoint.settle()
    #expect(!script.calls.contains("finish"))
    script.room = 3
    for _ in 0..<100 { _ = endpoint.pump() }
    #expect(script.calls.last == "finish")
    #expect(script.calls.dropLast().last?.hasPrefix("write") == true)
  }

  @Test(arguments: [true, false])
  func pump_streamBreaks_isOverAndTheFailureIsKept(isReading: Bool) {
    script.failsReading = isReading
    script.failsWriting = !isReading
    script.failure = .local(.truncated)
    #expect(endpoint.pump() == .over)
    script.failure = nil
    #expect(endpoint.failure == .local(.truncated))
    #expect(endpoint.events == [.closed(.transportFailed)])
    #expect(script.calls == ["close"])
  }

  @Test func pump_streamWithoutTLSBreaks_hasNoFailure() {
    script.failsReading = true
    #expect(endpoint.pump() == .over)
    #expect(endpoint.failure == nil)
  }
}
