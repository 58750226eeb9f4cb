import ArgumentParser
import DeviceCore
import LinuxSupport

struct Get: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Read a resource.",
    discussion: """
      The payload goes to standard output as it is, or with -o into a file. On a terminal, what is not text is \
      shown in hexadecimal digits. What comes in blocks is fetched to its end; while that takes its time, a \
      terminal shows how far it is. With --etag, 2.03 says that the resource has not changed: a success.

      EXAMPLES:
        coap get coap+tcp://127.0.0.1/sensors/temperature
        coap get coap+tcp://127.0.0.1/log -o log.txt
        coap get coap+tcp://127.0.0.1/config --etag a1b2c3d4 -o config
        coap get coap+tcp://127.0.0.1/sensors/temperature --accept senml+cbor
        coap get 'coap+tcp://[::1]:5683/log?lines=3' --verbose --trace
        coap get coaps+tcp://127.0.0.1/sensors/temperature --psk-file keys
        coap get coaps+tcp://lamp.example/sensors/temperature --ca authorities.pem --session lamp.session
      """)

  @OptionGroup(title: "Answer") var result: ResultArguments
  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.get, request, result)
  }
}

struct Put: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Create or replace a resource.",
    discussion: """
      A payload of up to 1 GiB goes as one message if the server takes that, else in blocks.

      EXAMPLES:
        coap put coap+tcp://127.0.0.1/actuators/led --payload 1 --content-format 0
        coap put coap+tcp://127.0.0.1/firmware --file image.bin --content-format octets
        coap put coap+tcp://127.0.0.1/firmware --file image.bin --block-size bert
        coap put coap+tcp://127.0.0.1/config --file c.cbor --content-format 60 --if-match a1b2c3d4
        coap put coaps+tcp://127.0.0.1/actuators/led --payload 1 --psk-file keys
        date | coap put coap+tcp://127.0.0.1/note --file -
      """)

  @OptionGroup(title: "Payload") var payload: PayloadArguments
  @OptionGroup(title: "Answer") var result: ResultArguments
  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.put, request, result, payload)
  }
}

struct Post: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "post", abstract: "Have a payload processed by a resource.",
    discussion: """
      EXAMPLE:
        coap post coap+tcp://127.0.0.1/echo --payload 'hello' --content-format text
      """)

  @OptionGroup(title: "Payload") var payload: PayloadArguments
  @OptionGroup(title: "Answer") var result: ResultArguments
  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.post, request, result, payload)
  }
}

struct Delete: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a resource.",
    discussion: """
      EXAMPLE:
        coap delete coap+tcp://127.0.0.1/notes/3
      """)

  @OptionGroup(title: "Answer") var result: ResultArguments
  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.delete, request, result)
  }
}

struct Fetch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Read what a payload asks for (RFC 8132).",
    discussion: """
      EXAMPLE:
        coap fetch coap+tcp://127.0.0.1/log --payload 'lines=3'
      """)

  @OptionGroup(title: "Payload") var payload: PayloadArguments
  @OptionGroup(title: "Answer") var result: ResultArguments
  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.fetch, request, result, payload)
  }
}

struct Patch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch", abstract: "Change a part of a resource (RFC 8132).",
    discussion: """
      EXAMPLE:
        coap patch coap+tcp://127.0.0.1/config --payload '{"a":1}' --content-format 52
      """)

  @OptionGroup(title: "Payload") var payload: PayloadArguments
  @OptionGroup(title: "Answer") var result: ResultArguments
  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.patch, request, result, payload)
  }
}

struct IPatch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ipatch",
    abstract: "Change a part of a resource so that doing it twice is the same (RFC 8132).",
    discussion: """
      EXAMPLE:
        coap ipatch coap+tcp://127.0.0.1/config --payload '{"a":1}' --content-format 52
      """)

  @OptionGroup(title: "Payload") var payload: PayloadArguments
  @OptionGroup(title: "Answer") var result: ResultArguments
  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.iPatch, request, result, payload)
  }
}

/// Connects, sends the request, shows the answer; the exit code is the class of an error response.
private func perform(
  _ method: Code, _ request: RequestArguments, _ result: ResultArguments,
  _ payload: PayloadArguments? = nil
) throws {
  let settings = request.settings
  let content = RequestContent(
    method, uri: try RequestURI(request.uri), payload: try payload?.bytes() ?? [],
    contentFormat: payload?.contentFormat?.format, options: settings.options,
    noResponse: result.noResponse?.bits, serverName: settings.security.serverName)
  let isToFile = result.output.map { $0 != "-" } ?? false
  let transfer = Transfer(content, settings, output: isToFile ? result.output : nil)
  guard
    let answer = try exchange(transfer, settings, retries: result.retry, noResponse: result.noResponse)
  else { return }
  show(answer, verbosely: settings.verbose, raw: result.output == "-")
  if answer.code == .valid, !settings.options.eTags.isEmpty { complain("\(answer.code.text): not changed") }
  guard answer.code.isSuccess else { throw ExitCode(Int32(answer.code.codeClass)) }
}

/// Connects, and does a transfer.
///
/// - Returns: nil when the server was asked not to answer, and does not.
func exchange(
  _ transfer: Transfer, _ settings: ExchangeArguments, retries: Int = 0,
  noResponse: ClassesArgument? = nil
) throws(Failure) -> Answer? {
  let server = try Server(
    of: transfer.content.uri, connection: settings.connection, security: settings.security,
    isVerbose: settings.verbose)
  var exchange = Exchange(
    transfer, settings, retries: retries, noResponse: noResponse, signals: server.stopSignals)
  try server.run(
    &exchange, limits: settings.limits,
    largestRequest: transfer.content.memoryByteCount(largestPart: settings.blocks.largestPart))
  return try exchange.finish()
}
