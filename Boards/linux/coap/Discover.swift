import ArgumentParser
import DeviceCore
import LinuxSupport

struct Discover: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "discover", abstract: "List the resources of a server (RFC 6690).",
    discussion: """
      Reads /.well-known/core to its end and shows the links as a table; with --raw, or when standard output is \
      no terminal, as they are, one a line. A HOST alone means coap+tcp://HOST, or coaps+tcp://HOST when \
      something under Security or COAP_PSK is given. A URI with a path is read instead of /.well-known/core.

      EXAMPLES:
        coap discover 127.0.0.1
        coap discover '[::1]:5685' --query rt=temperature
        coap discover ::1 --query 'rt=light*' --raw
        coap discover lamp.example --ca authorities.pem
        coap discover coap+tcp://rd.example/rd-lookup/res
      """)

  @Argument(help: "HOST[:PORT], an IPv6 address, or coap+tcp://HOST[:PORT], coaps+tcp:// for TLS")
  var host: String

  @Option(
    help: ArgumentHelp(
      "Only links with this attribute, as far as the server filters; a * at the end stands for anything. "
        + "Repeatable.", valueName: "name=value"))
  var query: [String] = []

  @Flag(help: "Print one link a line as the server wrote it, on a terminal, too.")
  var raw = false

  @OptionGroup var settings: ExchangeArguments

  func validate() throws {
    guard !host.isEmpty else { throw ValidationError("HOST is missing") }
  }

  func run() throws {
    let content = RequestContent(
      .get, uri: try RequestURI(uriText), options: settings.options,
      serverName: settings.security.serverName)
    guard let answer = try exchange(Transfer(content, settings), settings) else { return }
    guard answer.code.isSuccess else {
      show(answer, verbosely: settings.verbose)
      throw ExitCode(Int32(answer.code.codeClass))
    }
    if settings.verbose { showHeader(answer) }
    if let format = answer.contentFormat, format != .linkFormat {
      let name = format.mediaType ?? "format \(format.rawValue)"
      throw Failure("the answer is \(name), not application/link-format")
    }
    let document = LinkFormat(answer.body)
    if raw || !isOutputTerminal {
      for link in document.links { writeLine(link.source) }
    } else {
      let terminal = Terminal(1)
      for line in LinkTable(document.links, isColored: terminal.isColored).lines() { writeLine(line) }
    }
    if document.links.isEmpty, document.faults.isEmpty { complain("the server lists no such resources") }
    if let fault = document.faults.first {
      let more = document.faults.count > 1 ? " (and \(document.faults.count - 1) more)" : ""
      throw Failure(fault + more)
    }
  }

  /// The URI that HOST and the query mean.
  private var uriText: String {
    var text = host
    if !text.contains("://") {
      let isBareIPv6 = !text.hasPrefix("[") && text.count { $0 == ":" } > 1
      let scheme = settings.security.isGiven ? "coaps+tcp" : "coap+tcp"
      text = "\(scheme)://" + (isBareIPv6 ? "[\(text)]" : text)
    }
    let place = text.prefix { $0 != "?" && $0 != "#" }
    let rest = text.dropFirst(place.count)
    let afterScheme = place.drop { $0 != ":" }.dropFirst(3)
    let path = afterScheme.drop { $0 != "/" }
    text = path.count > 1 ? String(place) : place.dropLast(path.count) + "/.well-known/core"
    text += rest
    for argument in query {
      text += (text.contains("?") ? "&" : "?") + Discover.percentEncoded(argument)
    }
    return text
  }

  /// As a part of a query, whatever it has in it.
  private static func percentEncoded(_ text: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*+,;=:@/?".utf8)
    return text.utf8.map { plain.contains($0) ? String(Unicode.Scalar($0)) : "%" + hexText($0) }.joined()
  }
}
