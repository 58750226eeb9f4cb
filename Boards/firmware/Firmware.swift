import BoardResources
import CMbedTLS
import DeviceCore
import Port
import PortLwIP
import PortTLS

/// The program of all microcontroller boards: a device that serves its resources for ever.
public enum Firmware<M: Machine> {
  /// Starts the network and serves.
  ///
  /// - Parameters:
  ///   - region: memory for all that `sizes` asks for; when it is too small, the console says how much is
  ///     needed.
  ///   - credentials: ``SharedKeyCredentials``, or `CertificateCredentials` where there are certificates.
  /// - Precondition: `region` is a global variable that is all zero, used for nothing else, and lies at a
  ///   multiple of 8. lwIP was compiled for as many connections as `sizes` has, with those that wait.
  @unsafe
  public static func run<Credentials: FirmwareCredentials>(
    _ address: LwIPAddress, sizes: FirmwareSizes, region: UnsafeMutableRawBufferPointer,
    credentials: Credentials.Type
  ) -> Never {
    let memory = unsafe FirmwareMemory<SecurableStream<LwIPStream>, Credentials>(region, sizes)
    M.write("memory: ")
    M.write(decimal: UInt32(memory.byteCount))
    M.write(" bytes\n")
    guard !memory.isExceeded else { stop("there is less memory") }
    unsafe M.provisioning.moveSeed(to: &memory.generator.pointee)
    guard let hardware = M.startNetwork() else { stop("the Ethernet chip does not answer") }
    let network = unsafe LwIPNetwork(
      address, hardware: hardware, machine: M.driver, memory: memory.network, pool: memory.pool,
      waitingLimit: sizes.waiting,
      fillRandom: { bytes in unsafe FirmwareBoard<M>.fillRandom(&bytes, memory.generator) })
    guard let network else { stop("no random bits: the board was started without a seed") }
    var board = unsafe FirmwareBoard<M>(
      network: network, generator: memory.generator, calendar: memory.calendar)
    guard let plain = network.listen(port: 5683) else { stop("no memory to listen") }
    M.write("listening on coap+tcp port 5683\n")
    var secured: SecurableListener<LwIPListener, FirmwareBoard<M>>?
    let security = unsafe Security(M.self, memory: memory, board: &board)
    if let security, let listener = network.listen(port: 5684) {
      // Only on other ports do clients have to offer ALPN (RFC 8323 section 8.2).
      secured = SecurableListener(
        securing: listener, context: security.context, sessions: security.sessions, board: board,
        requiresApplicationProtocol: false)
      M.write("listening on coaps+tcp port 5684\n")
    } else {
      M.write("no coaps+tcp: the board was started without a key or a certificate\n")
    }

    let update = unsafe FirmwareStore(memory.update)
    let resources = Resources {
      Sensor(
        path: "sensors/temperature", name: "temperature", unit: "Cel",
        resourceType: "sensor.temperature", middle: 215, swing: 35, seed: 1, clock: board)
      Sensor(
        path: "sensors/humidity", name: "humidity", unit: "%RH",
        resourceType: "sensor.humidity", middle: 450, swing: 120, seed: 2, clock: board)
      Lamp()
      Lock(clock: board)
      Echo()
      Log(byteCount: 1024)
      FirmwareImage(update, largestByteCount: largestImage)
      FirmwareStatus(update)
      SlowAnswer(clock: board)
      Status<M>(network: network)
    }
    var device = unsafe Device(
      board: board, listener: ListenerPair(SecurableListener(plain: plain), secured),
      resources: resources, observer: ConsoleLog<M, Credentials>(),
      limits: limits(sizes), slots: memory.slots)
    M.write("ready\n")
    guard let server = M.provisioning.server else {
      device.run()
      // It ends only when somebody stops it.
      stop("the device has ended")
    }
    let dialler =
      server.isSecured
      ? unsafe HomeDialler(securing: board, memory: memory.home) : HomeDialler(board: board)
    // Without TLS where it was asked for nothing is dialled.
    guard let dialler else { stop("no key, random bits or memory to dial over TLS") }
    var home = unsafe HomeConnection<M, Credentials>(
      to: server.place, dialler, memory: memory.home, limits: limits(sizes))
    while true {
      let next = device.step()
      board.wait(until: Instant.earlier(next, home.step(serving: &device.service.resources)))
    }
  }

  /// What a chip of this size could have for a second image, in bytes.
  private static var largestImage: UInt32 { 0x10_0000 }

  private static func limits(_ sizes: FirmwareSizes) -> Limits {
    var limits = Limits()
    limits.maximumMessageByteCount = UInt32(sizes.receive)
    limits.largestResponseByteCount = 1152
    // A peer that has vanished must not keep one of the few places.
    limits.keepAliveInterval = .seconds(60)
    return limits
  }

  /// Says why nothing is served.
  private static func stop(_ reason: StaticString) -> Never {
    M.write("stopped: ")
    M.write(reason)
    M.write("\n")
    while true { M.sleep() }
  }
}

extension SHA256: Digest {}
