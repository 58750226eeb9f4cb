import DeviceCore
import LinuxSupport
import Port
import PortSockets

/// The smallest device: one lamp. This is the example of the README.
struct Lamp: Resource {
  let path: StaticString = "lamp"
  var isOn = false

  mutating func get(_ request: Request, _ response: inout Response) {
    response.content(.textPlain, isOn ? "1" : "0")
  }

  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    isOn = request.payload.isEqual(to: "1")
    guard isOn || request.payload.isEqual(to: "0") else { throw .badRequest("0 or 1") }
    response.changed()
  }
}

let board = try SocketMachine.makeBoard()
let (listener, address) = try SocketMachine.makeListener(
  on: addresses(of: "localhost", port: 0)[0], board: board)
print("coap put coap+tcp://\(address)/lamp --payload 1")

var device = unsafe Device(
  board: board, listener: listener, resources: Resources { Lamp() }, observer: SilentObserver(),
  slots: SocketMachine.makeSlots(4) {
    SocketMachine.makeMemory(receiveCapacity: 1152, transmitCapacity: 1232)
  })
device.run()
