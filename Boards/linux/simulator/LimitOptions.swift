import ArgumentParser
import DeviceCore
import LinuxSupport

/// The limits of a connection as options; times are in seconds, fractions allowed, 0 means never.
struct LimitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Connections at a time; more have to wait.", valueName: "count"))
  var connections = 64

  @Option(help: ArgumentHelp("The largest message taken, announced in the CSM.", valueName: "bytes"))
  var maxMessageSize: UInt32 = 8448

  @Option(help: ArgumentHelp("The longest token taken; above 8 it is announced.", valueName: "bytes"))
  var maxTokenLength: UInt32 = 8

  @Option(
    help: ArgumentHelp(
      "Skip requests above the limit up to this size and answer 4.13, instead of aborting.",
      valueName: "bytes"))
  var drain: UInt32 = 0

  @Option(
    help: ArgumentHelp(
      "The largest body in blocks that is put together, and the largest answer to POST that is kept.",
      valueName: "bytes"))
  var bodyMemory = 65_536

  @Option(help: ArgumentHelp("Bodies in blocks under way at a time on a connection.", valueName: "count"))
  var bodies = 4

  @Option(help: ArgumentHelp("How long the next block of a body may take.", valueName: "seconds"))
  var bodyTimeout = Seconds(247)

  @Option(help: ArgumentHelp("Observations of a connection at a time.", valueName: "count"))
  var observers = 16

  @Option(help: ArgumentHelp("Release a connection on which nothing came.", valueName: "seconds"))
  var idleTimeout = Seconds(300)

  @Option(help: ArgumentHelp("How long a peer may take to send its CSM.", valueName: "seconds"))
  var csmTimeout = Seconds(30)

  @Option(help: ArgumentHelp("How long a message may take to arrive.", valueName: "seconds"))
  var messageTimeout = Seconds(30)

  @Option(help: ArgumentHelp("How long a peer may leave output unread.", valueName: "seconds"))
  var stallTimeout = Seconds(60)

  @Option(help: ArgumentHelp("How long a peer may take to close after Release.", valueName: "seconds"))
  var releaseTimeout = Seconds(5)

  @Option(
    help: ArgumentHelp(
      "Go on without a peer's CSM after this long, for peers that never send one.",
      valueName: "seconds"))
  var legacyPeers = Seconds(0)

  @Option(help: ArgumentHelp("Send a Ping after this long without a byte.", valueName: "seconds"))
  var keepAlive = Seconds(0)

  func validate() throws {
    guard (1...60_000).contains(connections) else {
      throw ValidationError("--connections is a number from 1 to 60000")
    }
    guard (64...0x0100_0000).contains(maxMessageSize) else {
      throw ValidationError("--max-message-size is a number from 64 to 16777216")
    }
    guard (8...65804).contains(maxTokenLength) else {
      throw ValidationError("--max-token-length is a number from 8 to 65804")
    }
    guard (0...0x0100_0000).contains(bodyMemory) else {
      throw ValidationError("--body-memory is a number from 0 to 16777216")
    }
    guard (0...1000).contains(bodies) else { throw ValidationError("--bodies is a number up to 1000") }
    guard (0...10_000).contains(observers) else {
      throw ValidationError("--observers is a number up to 10000")
    }
  }

  /// Of a request that begins an observation.
  private static let observedRequestByteCount = 128

  /// The largest response: a message as large as those we take, and never less than the log needs.
  private var largestResponse: UInt32 { max(maxMessageSize, 16_384) }

  var limits: Limits {
    var limits = Limits()
    limits.maximumMessageByteCount = maxMessageSize
    limits.maximumTokenByteCount = maxTokenLength
    limits.largestResponseByteCount = largestResponse
    limits.drainByteCount = drain
    limits.idleTimeout = idleTimeout.span
    limits.capabilitiesTimeout = csmTimeout.span
    limits.messageTimeout = messageTimeout.span
    limits.stallTimeout = stallTimeout.span
    limits.releaseTimeout = releaseTimeout.span
    limits.bodyTimeout = bodyTimeout.span
    limits.legacyPeerWait = legacyPeers.span
    limits.keepAliveInterval = keepAlive.span
    return limits
  }

  /// Room for several answers at once, so that they leave in one write.
  func makeMemory() -> ConnectionMemory {
    var memory = SocketMachine.makeMemory(
      receiveCapacity: max(Int(maxMessageSize) + Int(WebSocketMachine.framingByteCount), 16_384),
      transmitCapacity: 2 * Int(largestResponse) + 2 * ConnectionMemory.transmitReserve)
    memory.bodies = SocketMachine.makeBodyMemory(
      bodies: bodies, assemblyCapacity: bodyMemory, answerCapacity: bodyMemory)
    memory.observers = SocketMachine.makeObserverMemory(
      observers: observers, requestCapacity: LimitOptions.observedRequestByteCount)
    return memory
  }
}
