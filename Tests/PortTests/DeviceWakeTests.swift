import DeviceCore
import Port
import Testing

/// A device with a wake set looks only at who has something to do.
@Suite struct DeviceWakeTests {
  private let listener = QueueListener<ScriptedStream>()
  private let host: TestDevice<QueueListener<ScriptedStream>>
  private var notes: Witness.Notes { host.notes }

  init() { host = TestDevice(listener, slotCount: 70, hasWakeSet: true) }

  /// A connection that is open, in the next slot.
  private func connect(canWake: Bool = true) -> Script {
    let script = Script()
    script.canWake = canWake
    script.input = [TestMessage.csm]
    listener.queue.streams.append(ScriptedStream(script: script))
    host.step()
    return script
  }

  private func isServed(_ script: Script) -> Bool {
    script.output.suffix(5).elementsEqual(TestMessage.changed([1], token: 2))
  }

  @Test func sleeper_isLeftAlone_untilItIsWoken() {
    let script = connect()
    script.input = [TestMessage.echo([1], token: 2)]
    host.step()
    #expect(!isServed(script), "nobody said that anything came")
    script.waker!.wake()
    host.step()
    #expect(isServed(script))
  }

  @Test func onlyWhoIsWoken_isLookedAt() {
    let scripts = (0..<70).map { _ in connect() }
    for script in scripts { script.input = [TestMessage.echo([1], token: 2)] }
    for index in [0, 31, 32, 69] { scripts[index].waker!.wake() }
    host.step()
    #expect(scripts.indices.filter { isServed(scripts[$0]) } == [0, 31, 32, 69])
  }

  @Test func streamThatTellsNothing_isAlwaysLookedAt() {
    let script = connect(canWake: false)
    script.input = [TestMessage.echo([1], token: 2)]
    host.step()
    #expect(isServed(script))
  }

  @Test func wakingTwice_isWakingOnce() {
    let script = connect()
    script.waker!.wake()
    script.waker!.wake()
    host.step()
    script.input = [TestMessage.echo([1], token: 2)]
    host.step()
    #expect(!isServed(script))
  }

  @Test func wokenFreeSlot_isNothing() {
    let script = connect()
    script.hasEnd = true
    script.waker!.wake()
    host.step()
    #expect(host.isIdle)
    script.waker!.wake()
    host.step()
    #expect(host.isIdle)
    #expect(script.closeCount == 1)
  }

  @Test func observer_isAskedWhenItSaid() {
    notes.nextAttention = host.board.now + Milliseconds(70)
    let script = connect()
    notes.path = "a"
    let sent = script.output.count
    #expect(host.step() == notes.nextAttention)
    #expect(script.output.count == sent, "too early")
    host.board.advance(by: Milliseconds(70))
    host.step()
    #expect(script.output.count > sent)
  }

  @Test func deadlines_areKeptForEachSlot() {
    // Both have to send a CSM within the same time, one began 100 ms later.
    let scripts = (0..<2).map { index in
      let script = Script()
      script.canWake = true
      listener.queue.streams.append(ScriptedStream(script: script))
      host.step()
      host.board.advance(by: Milliseconds(index == 0 ? 100 : 0))
      return script
    }
    var ends: [Instant] = []
    for script in scripts {
      while true {
        let next = host.step()
        if script.closeCount > 0 { break }
        guard let next else {
          Issue.record("it waits for ever")
          return
        }
        host.board.advance(by: next.since(host.board.now))
      }
      ends.append(host.board.now)
    }
    #expect(ends[1].since(ends[0]) == Milliseconds(100))
  }

  @Test func busyStream_hasTheNextTurnAtOnce() {
    let script = Script()
    script.canWake = true
    script.opening = [.busy, .busy, .open]
    listener.queue.streams.append(ScriptedStream(script: script))
    #expect(host.step() == host.board.now)
    #expect(host.step() == host.board.now)
    #expect(host.step() != host.board.now)
    #expect(script.openCount == 3)
  }

  @Test func sleepers_getTheirReleaseWhenTheDeviceStops() {
    let scripts = [connect(), connect()]
    let sent = scripts.map(\.output.count)
    host.stop()
    host.step()
    for (script, count) in zip(scripts, sent) {
      #expect(script.output.dropFirst(count).contains(0xe4), "no Release")
    }
  }

  @Test func freedPlaces_areTakenFromTheFirstOn() {
    let scripts = (0..<3).map { _ in connect() }
    for index in [2, 0] {
      scripts[index].hasEnd = true
      scripts[index].waker!.wake()
    }
    host.step()
    #expect(host.connectionCount == 1)
    _ = connect()
    _ = connect()
    #expect(notes.accepted == [0, 1, 2, 0, 2])
  }
  @Test func peersThatComeAndGo_leaveTheOthersTheirTurn() {
    let script = connect()
    for _ in 0..<100 {
      let visitor = Script()
      visitor.opening = [.failed]
      listener.queue.streams.append(ScriptedStream(script: visitor))
    }
    script.input = [TestMessage.echo([1], token: 2)]
    script.waker!.wake()
    #expect(host.step() == host.board.now, "there are more")
    #expect(isServed(script))
    #expect(notes.failures.count == 8)
    for _ in 0..<12 { host.step() }
    #expect(notes.failures.count == 100)
    #expect(host.connectionCount == 1)
    host.step()
    #expect(listener.queue.streams.isEmpty)
  }
}
