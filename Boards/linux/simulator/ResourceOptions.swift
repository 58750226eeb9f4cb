import ArgumentParser
import BoardResources
import DeviceCore
import LinuxSupport
import PortSockets
import PortTLS

/// What the simulated board measures and holds.
struct ResourceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Where the sensors' values start from.", valueName: "number"))
  var seed: UInt32 = 1

  @Option(help: ArgumentHelp("How often the sensors measure.", valueName: "seconds"))
  var sensorInterval = Seconds(1)

  @Option(help: ArgumentHelp("How long the text of /log is.", valueName: "bytes"))
  var logSize: UInt32 = 8192

  @Option(help: ArgumentHelp("The largest image that /firmware takes.", valueName: "bytes"))
  var maxFirmwareSize: UInt32 = 0x40_0000

  func validate() throws {
    guard sensorInterval.span.rawValue > 0 else {
      throw ValidationError("--sensor-interval is more than 0")
    }
    // Numbers of blocks do not reach further (RFC 7959 section 2.2).
    guard (1...0x4000_0000).contains(maxFirmwareSize) && logSize <= 0x4000_0000 else {
      throw ValidationError("--log-size and --max-firmware-size are numbers up to 1073741824")
    }
  }
}

extension ResourceOptions {
  /// The first of the sensors.
  func temperature(clock board: SocketBoard) -> Sensor<SocketBoard> {
    Sensor(
      path: "sensors/temperature", name: "temperature", unit: "Cel",
      resourceType: "sensor.temperature temperature-c", middle: 215, swing: 35, seed: seed,
      interval: sensorInterval.span, clock: board)
  }

  /// The resources of the board.
  ///
  /// - Parameter peers: what pages in browsers offer, if any are read.
  func make(
    board: SocketBoard, _ firmware: FirmwareStore<SHA256>, _ peers: PeerStore? = nil
  ) -> Resources<some ResourceTable & ~Copyable> {
    Resources {
      temperature(clock: board)
      Sensor(
        path: "sensors/humidity", name: "humidity", unit: "%RH",
        resourceType: "sensor.humidity", middle: 450, swing: 120, seed: seed &+ 1,
        interval: sensorInterval.span, clock: board)
      Lamp()
      Lock(clock: board)
      TimeOfDay()
      Echo()
      Log(byteCount: logSize)
      FirmwareImage(firmware, largestByteCount: maxFirmwareSize)
      FirmwareStatus(firmware)
      SlowAnswer(clock: board)
      Limited(clock: board)
      BrowserPeers(store: peers)
    }
  }

  /// What `/firmware` and `/firmware/status` share, as long as the process lives.
  static func makeFirmwareStore() -> FirmwareStore<SHA256> {
    let memory = UnsafeMutablePointer<FirmwareUpdate<SHA256>>.allocate(capacity: 1)
    unsafe memory.initialize(to: FirmwareUpdate())
    return unsafe FirmwareStore(memory)
  }
}

extension SHA256: Digest {}
