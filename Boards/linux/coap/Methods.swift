import ArgumentParser
import DeviceCore
import LinuxSupport

struct Get: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Read a resource.",
    discussion: """
      The payload goes to standard output as it is. On a terminal, what is not text is shown in \
      hexadecimal digits.

      EXAMPLES:
        coap get coap+tcp://127.0.0.1/sensors/temperature
        coap get coap+tcp://127.0.0.1/sensors/temperature --accept senml+cbor
        coap get 'coap+tcp://[::1]:5683/log?lines=3' --verbose --trace
        coap get coaps+tcp://127.0.0.1/sensors/temperature --psk-file keys
        coap get coaps+tcp://lamp.example/sensors/temperature --ca authorities.pem --session lamp.session
      """)

  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.get, request)
  }
}

struct Put: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Create or replace a resource.",
    discussion: """
      EXAMPLES:
        coap put coap+tcp://127.0.0.1/actuators/led --payload 1 --content-format 0
        coap put coap+tcp://127.0.0.1/config --payload-file c.cbor --content-format 60
        coap put coaps+tcp://127.0.0.1/actuators/led --payload 1 --psk-file keys
        date | coap put coap+tcp://127.0.0.1/note --payload-file -
      """)

  @OptionGroup var request: RequestArguments
  @OptionGroup(title: "Payload") var payload: PayloadArguments

  func run() throws {
    try perform(.put, request, payload)
  }
}

struct Post: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "post", abstract: "Have a payload processed by a resource.",
    discussion: """
      EXAMPLE:
        coap post coap+tcp://127.0.0.1/echo --payload 'hello' --content-format text
      """)

  @OptionGroup var request: RequestArguments
  @OptionGroup(title: "Payload") var payload: PayloadArguments

  func run() throws {
    try perform(.post, request, payload)
  }
}

struct Delete: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete", abstract: "Delete a resource.",
    discussion: """
      EXAMPLE:
        coap delete coap+tcp://127.0.0.1/notes/3
      """)

  @OptionGroup var request: RequestArguments

  func run() throws {
    try perform(.delete, request)
  }
}

struct Fetch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Read what a payload asks for (RFC 8132).",
    discussion: """
      EXAMPLE:
        coap fetch coap+tcp://127.0.0.1/log --payload 'lines=3'
      """)

  @OptionGroup var request: RequestArguments
  @OptionGroup(title: "Payload") var payload: PayloadArguments

  func run() throws {
    try perform(.fetch, request, payload)
  }
}

struct Patch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "patch", abstract: "Change a part of a resource (RFC 8132).",
    discussion: """
      EXAMPLE:
        coap patch coap+tcp://127.0.0.1/config --payload '{"a":1}' --content-format 52
      """)

  @OptionGroup var request: RequestArguments
  @OptionGroup(title: "Payload") var payload: PayloadArguments

  func run() throws {
    try perform(.patch, request, payload)
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

  @OptionGroup var request: RequestArguments
  @OptionGroup(title: "Payload") var payload: PayloadArguments

  func run() throws {
    try perform(.iPatch, request, payload)
  }
}

/// Connects, sends the request, shows the response; the exit code is the class of an error response.
private func perform(
  _ method: Code, _ arguments: RequestArguments, _ payload: PayloadArguments? = nil
) throws {
  let uri = try RequestURI(arguments.uri)
  let content = RequestContent(
    method, uri: uri, payload: try payload?.bytes() ?? [],
    contentFormat: payload?.contentFormat?.format, accept: arguments.accept?.format,
    rawOptions: arguments.rawOptions, serverName: arguments.security.serverName)
  let server = try Server(
    of: uri, connection: arguments.connection, security: arguments.security,
    isVerbose: arguments.verbose)
  var exchange = Exchange(content, arguments)
  try server.run(
    &exchange, limits: arguments.connection.limits, largestRequest: content.memoryByteCount)
  switch exchange.outcome {
  case .answered(let code) where code.isSuccess: return
  case .answered(let code): throw ExitCode(Int32(code.codeClass))
  case .failed(let reason): throw Failure(reason)
  case nil: throw Failure("the connection ended without an answer")
  }
}
