import DeviceCore

/// How patient a ``Supervisor`` is, and what it may do.
public struct SupervisorOptions: Sendable {
  /// How long looking up a name may take, and how long a stream may take to open: TCP's handshake and that
  /// of TLS together.
  public var openTimeout: Milliseconds = .seconds(30)
  /// The pause after a first failure; the next ones are twice as long each. What is waited is a random part
  /// of it, at least half.
  public var firstPause: Milliseconds = .seconds(1)
  /// The longest pause.
  public var longestPause: Milliseconds = .seconds(60)
  /// A connection that lived so long was a good one: the next pause is a short one again.
  public var settlingTime: Milliseconds = .seconds(30)
  /// How long to wait until the board is asked for random bits again.
  public var entropyPause: Milliseconds = .seconds(1)
  /// Hold-Off and Max-Age of a server are cut to this: one wrong number must not cost a device that nobody
  /// can reach.
  public var longestDelay: Milliseconds = .seconds(86_400)

  /// How many servers in a row may send the device on to another one (Alternative-Address). Then it goes
  /// back to its own.
  public var maximumHopCount: UInt8 = 3
  /// Whether Alternative-Address is followed on connections without TLS, where anybody on the way can have
  /// put it in (RFC 8323 section 10.1).
  public var followsUnsecuredAlternatives = false

  /// The shortest silence after which a Ping is sent: one that any NAT keeps a connection through.
  public var shortestKeepAlive: Milliseconds = .seconds(20)
  /// The longest silence, whatever the NAT keeps.
  public var longestKeepAlive: Milliseconds = .seconds(1800)
  /// A request without a byte from the peer for so long is followed by a Ping, so that a dead peer is found
  /// before the request times out.
  public var answerPatience: Milliseconds = .seconds(5)

  /// How many entries of telemetry may wait for their response at a time: 1 to 4, and no more than the
  /// connection's memory has requests.
  public var telemetryWindow = 2
  /// What is done when there is no room for more telemetry.
  public var telemetryPolicy = TelemetryQueue.Policy.oldestDropped
  /// How long telemetry gets to leave at a shutdown.
  public var drainTimeout: Milliseconds = .seconds(10)

  /// The defaults.
  public init() {}
}
