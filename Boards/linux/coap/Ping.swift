import ArgumentParser
import DeviceCore
import LinuxSupport
import PortSockets

struct Ping: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping", abstract: "Measure round trips with CoAP Pings (RFC 8323 section 5.4).",
    discussion: """
      One line for each Pong with its round-trip time, a summary at the end or at Ctrl-C. The exit code \
      is 1 when a Pong is missing.

      EXAMPLES:
        coap ping coap+tcp://127.0.0.1
        coap ping coap+tcp://[::1]:5683 --count 100 --interval 0.01
        coap ping coaps+tcp://127.0.0.1 --psk-file keys
      """)

  @Argument(help: "coap+tcp://HOST[:PORT], or coaps+tcp:// for TLS; a path is ignored")
  var uri: String

  @Option(name: .shortAndLong, help: ArgumentHelp("How many Pings to send.", valueName: "number"))
  var count = 3

  @Option(name: .shortAndLong, help: ArgumentHelp("From one Ping to the next.", valueName: "seconds"))
  var interval = Seconds(1)

  @Option(help: ArgumentHelp("How long to wait for a Pong.", valueName: "seconds"))
  var timeout = Seconds(5)

  @Flag(help: "Ask for the Pong only when all that came before has been processed.")
  var custody = false

  @Flag(name: .shortAndLong, help: "Print to standard error what TLS agreed on.")
  var verbose = false

  @OptionGroup(title: "Security") var security: SecurityArguments

  @OptionGroup(title: "Connection") var connection: ConnectionArguments

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count is a number above 0") }
    guard timeout.span.rawValue > 0 else { throw ValidationError("--timeout is a time above 0") }
  }

  func run() throws {
    let server = try Server(
      of: RequestURI(uri), connection: connection, security: security, isVerbose: verbose)
    var pinging = Pinging(self, address: "\(server.address)", signals: server.stopSignals)
    var limits = connection.limits
    // A connection on which nothing comes at all ends then.
    limits.pingTimeout = timeout.span
    try server.run(&pinging, limits: limits, largestRequest: 256)
    try pinging.finish()
  }
}
