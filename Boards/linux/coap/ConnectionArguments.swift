import ArgumentParser
import DeviceCore
import LinuxSupport

/// What all commands that talk to a server have in common.
struct ConnectionArguments: ParsableArguments {
  @Option(help: ArgumentHelp("How long the TCP connection may take.", valueName: "seconds"))
  var connectTimeout = Seconds(10)

  @Option(help: ArgumentHelp("How long the server may take to send its CSM.", valueName: "seconds"))
  var csmTimeout = Seconds(30)

  @Option(
    help: ArgumentHelp(
      "Go on without the server's CSM after this long, for servers that never send one.",
      valueName: "seconds"))
  var legacyPeers: Seconds?

  @Option(
    help: ArgumentHelp(
      "The largest message to take, announced in our CSM. Above 1152 it lets servers send several blocks in "
        + "a message (BERT).", valueName: "bytes"))
  var maxMessageSize: UInt32 = 65_536 + 1152

  @Flag(help: "Print every message, decoded, one line each, to standard error.")
  var trace = false

  func validate() throws {
    guard (64...0x1000_0000).contains(maxMessageSize) else {
      throw ValidationError("--max-message-size is a number from 64 to 268435456")
    }
    guard connectTimeout.span.rawValue > 0 else {
      throw ValidationError("--connect-timeout is a time above 0")
    }
  }

  var limits: Limits {
    var limits = Limits()
    limits.maximumMessageByteCount = maxMessageSize
    limits.capabilitiesTimeout = csmTimeout.span
    limits.legacyPeerWait = legacyPeers?.span ?? Milliseconds(0)
    // The answer is there: nobody wants to wait for a server that is slow to close.
    limits.releaseTimeout = .seconds(1)
    limits.lingerTimeout = .seconds(1)
    return limits
  }
}
