import ArgumentParser
import DeviceCore
import LinuxSupport

struct Observe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "observe", abstract: "Follow a resource as it changes (RFC 7641).",
    discussion: """
      Prints every notification on standard output: a text in lines of its own, other payloads as get does. What \
      is too large for one notification is fetched to its end. When nothing has come for longer than a \
      notification is fresh (Max-Age and 5 to 15 s), the observation is begun anew. It ends after --count \
      notifications, after --for seconds or at Ctrl-C; the server is told, and the exit code is 0.

      The exit code is 1 when the server does not let the resource be observed (its plain answer is printed), or \
      ends the observation with a success; with an error it is 4 or 5.

      EXAMPLES:
        coap observe coap+tcp://127.0.0.1/sensors/temperature
        coap observe coap+tcp://127.0.0.1/sensors/temperature --count 10
        coap observe coaps+tcp://127.0.0.1/door --for 3600 --psk-file keys
      """)

  @OptionGroup var request: RequestArguments

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("End after so many notifications; the first answer is one.", valueName: "number"))
  var count: Int?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("End after this long.", valueName: "seconds"))
  var duration: Seconds?

  func validate() throws {
    guard count ?? 1 > 0 else { throw ValidationError("--count is a number above 0") }
    guard duration?.span.rawValue != 0 else { throw ValidationError("--for is a time above 0") }
  }

  func run() throws {
    let settings = request.settings
    let content = RequestContent(
      .get, uri: try RequestURI(request.uri), options: settings.options,
      serverName: settings.security.serverName)
    let server = try Server(
      of: content.uri, connection: settings.connection, security: settings.security,
      isVerbose: settings.verbose)
    var observing = Observing(
      content, settings, count: count, duration: duration, signals: server.stopSignals)
    try server.run(
      &observing, limits: settings.limits, largestRequest: content.memoryByteCount())
    try observing.finish()
  }
}
