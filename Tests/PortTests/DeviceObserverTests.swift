import DeviceCore
import Port
import Testing

/// What an observer may do with the connections of a device.
@Suite struct DeviceObserverTests {
  private let script = Script()
  private let host: TestDevice<QueueListener<ScriptedStream>>
  private var notes: Witness.Notes { host.notes }

  init() {
    let listener = QueueListener<ScriptedStream>()
    script.opening = [.open]
    script.input = [TestMessage.csm]
    listener.queue.streams.append(ScriptedStream(script: script))
    host = TestDevice(listener)
    host.step()
  }

  @Test func observer_asks_inTheSameStep() {
    notes.path = "a"
    let sent = script.output.count
    host.step()
    let request = Array(script.output.dropFirst(sent))
    // GET with a token of four bytes and one Uri-Path.
    #expect(request.prefix(2) == [0x24, 0x01])
    #expect(request.suffix(2) == [0xb1, 0x61])
    script.input = [[0x04, 0x45] + request[2..<6]]
    host.step()
    guard case .response = notes.handled.last else {
      Issue.record("no response")
      return
    }
  }

  @Test func observer_isCalledAgainWhenItSays() {
    let quiet = host.step()
    let soon = host.board.now + Milliseconds(70)
    #expect(quiet != soon)
    notes.nextAttention = soon
    #expect(host.step() == soon)
  }

  @Test func observer_hearsOfRequestsOnceTheyAreServed() {
    script.input = [TestMessage.echo([1], token: 2)]
    host.step()
    #expect(notes.handled == [.capabilities, .request])
    #expect(Array(script.output.suffix(5)) == TestMessage.changed([1], token: 2))
  }

  @Test func quietConnection_isLeftAlone_untilSomethingComes() {
    script.isQuiet = true
    notes.path = "a"
    let sent = script.output.count
    host.step()
    #expect(script.output.count == sent)
    script.isQuiet = false
    script.input = [TestMessage.echo([1], token: 2)]
    host.step()
    #expect(notes.handled.last == .request)
    #expect(script.output.count > sent)
  }

  @Test func quietConnection_isLookedAtWhenTheObserverSaid() {
    notes.nextAttention = host.board.now + Milliseconds(70)
    host.step()
    script.isQuiet = true
    notes.path = "a"
    let sent = script.output.count
    host.step()
    #expect(script.output.count == sent, "too early")
    host.board.advance(by: Milliseconds(70))
    host.step()
    #expect(script.output.count > sent)
  }

  @Test func quietConnection_getsItsReleaseWhenTheDeviceStops() {
    script.isQuiet = true
    host.step()
    let sent = script.output.count
    host.stop()
    host.step()
    #expect(script.output.dropFirst(sent).contains(0xe4), "no Release")
  }
}
