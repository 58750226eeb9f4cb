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
}
