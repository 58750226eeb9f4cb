import ArgumentParser
import DeviceCore
import LinuxSupport
import Port

/// What a device that dials says to its server.
struct ReportOptions: ParsableArguments {
  @Option(
    name: .customLong("report"), help: ArgumentHelp("Where reports go on the server.", valueName: "path"))
  var path = "reports"

  @Option(help: "The method of a report.")
  var method: ReportMethod = .post

  @Option(help: ArgumentHelp("How often to report.", valueName: "seconds"))
  var interval = Seconds(10)

  @Option(help: ArgumentHelp("Memory for reports that could not be sent.", valueName: "bytes"))
  var queueSize = 4096

  @Option(help: "Which reports are lost when that is full.")
  var queuePolicy: QueuePolicy = .oldestDropped

  @Option(
    name: .customLong("observe"),
    help: ArgumentHelp("A resource of the server to observe, again on each connection.", valueName: "path"))
  var observedPath: String?

  func validate() throws {
    guard interval.span.rawValue > 0 else { throw ValidationError("--interval is more than 0") }
    guard (0...0x0100_0000).contains(queueSize) else {
      throw ValidationError("--queue-size is a number up to 16777216")
    }
    for path in [path, observedPath ?? ""] {
      guard
        path.split(separator: "/", omittingEmptySubsequences: false)
          .allSatisfy({ $0.utf8.count <= 255 && $0 != "." && $0 != ".." }), path.utf8.count <= 512
      else { throw ValidationError("\(path) is no path: segments of up to 255 bytes with / between them") }
    }
  }
}

/// How a report is sent.
enum ReportMethod: String, CaseIterable, ExpressibleByArgument {
  case post, put

  var code: Code { self == .post ? .post : .put }
}

/// What is lost when the queue is full.
enum QueuePolicy: String, CaseIterable, ExpressibleByArgument {
  case oldestDropped = "oldest-dropped"
  case newestRefused = "newest-refused"

  var policy: TelemetryQueue.Policy { self == .oldestDropped ? .oldestDropped : .newestRefused }
}

/// How a device that dials stays connected.
struct PatienceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The shortest silence after which a Ping is sent.", valueName: "seconds"))
  var keepAliveFloor = Seconds(20)

  @Option(
    help: ArgumentHelp(
      "The longest silence, if the network keeps the connection that long.", valueName: "seconds"))
  var keepAliveCeiling = Seconds(1800)

  @Option(help: ArgumentHelp("How long a Ping may stay unanswered.", valueName: "seconds"))
  var pingTimeout = Seconds(20)

  @Option(help: ArgumentHelp("The pause after a first failure; it doubles with each.", valueName: "seconds"))
  var firstPause = Seconds(1)

  @Option(help: ArgumentHelp("The longest pause.", valueName: "seconds"))
  var longestPause = Seconds(60)

  @Option(help: ArgumentHelp("How long reports get to leave at the end.", valueName: "seconds"))
  var drainTimeout = Seconds(5)

  @Flag(help: "Follow a server's Alternative-Address without TLS, too, where anybody can have put it in.")
  var followUnsecured = false

  func validate() throws {
    guard keepAliveFloor.span.rawValue > 0, keepAliveFloor.span <= keepAliveCeiling.span else {
      throw ValidationError("--keep-alive-floor is more than 0 and at most --keep-alive-ceiling")
    }
    guard firstPause.span.rawValue > 0, firstPause.span <= longestPause.span else {
      throw ValidationError("--first-pause is more than 0 and at most --longest-pause")
    }
    guard pingTimeout.span.rawValue > 0 else { throw ValidationError("--ping-timeout is more than 0") }
  }

  var options: SupervisorOptions {
    var options = SupervisorOptions()
    options.shortestKeepAlive = keepAliveFloor.span
    options.longestKeepAlive = keepAliveCeiling.span
    options.firstPause = firstPause.span
    options.longestPause = longestPause.span
    options.drainTimeout = drainTimeout.span
    options.followsUnsecuredAlternatives = followUnsecured
    return options
  }
}

/// The server of a URI.
struct ServerURI {
  let text: String
  let host: String
  let port: UInt16
  let isSecured: Bool
  let hasDefaultPort: Bool

  /// The host as a certificate and TLS's server_name have it.
  var serverName: String { host.hasSuffix(".") ? String(host.dropLast()) : host }

  /// - Throws: what is wrong, in a line for a person.
  init(_ text: String) throws {
    let bytes = Array(text.utf8)
    let uri: CoAPURI
    do throws(URIError) {
      uri = try CoAPURI(bytes.span)
    } catch {
      throw ValidationError("\(error.fault.text) (at character \(error.offset + 1))")
    }
    guard !uri.scheme.isWebSocket, uri.isRoot else {
      throw ValidationError("a server is coap+tcp://HOST[:PORT] or coaps+tcp://HOST[:PORT], without a path")
    }
    var name = [UInt8](repeating: 0, count: 255)
    var space = name.mutableSpan
    let count = uri.copyHost(into: &space) ?? 0
    host = String(decoding: name.prefix(count), as: UTF8.self)
    port = uri.port
    isSecured = uri.scheme.isSecured
    hasDefaultPort = uri.port == uri.scheme.defaultPort
    self.text = text
  }
}
