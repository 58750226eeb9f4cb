import ArgumentParser
import DeviceCore
import LinuxSupport

/// What all methods have in common.
struct RequestArguments: ParsableArguments {
  @Argument(help: "coap+tcp://HOST[:PORT][/PATH][?QUERY], or coaps+tcp:// for TLS")
  var uri: String

  @Option(
    help: ArgumentHelp(
      "The Content-Format wanted: a number, a media type or a short name such as text, link, json, "
        + "cbor, senml+cbor.", valueName: "format"))
  var accept: FormatArgument?

  @Option(
    name: .customLong("option"),
    help: ArgumentHelp(
      "Add an option of any number with a hexadecimal value, as in 6= or 4=a1b2. Repeatable.",
      valueName: "number=hex"))
  var rawOptions: [RawOption] = []

  @Option(help: ArgumentHelp("How long to wait for the response, 0 for ever.", valueName: "seconds"))
  var timeout = Seconds(60)

  @Flag(
    name: .shortAndLong,
    help: "Print code and options of the response to standard error, and what TLS agreed on.")
  var verbose = false

  @OptionGroup(title: "Security") var security: SecurityArguments

  @OptionGroup(title: "Connection") var connection: ConnectionArguments
}

/// What the methods with a payload have in common.
struct PayloadArguments: ParsableArguments {
  @Option(help: ArgumentHelp("The payload as text.", valueName: "text"))
  var payload: String?

  @Option(help: ArgumentHelp("The payload from a file, - for standard input.", valueName: "file"))
  var payloadFile: String?

  @Option(
    help: ArgumentHelp(
      "The format of the payload: a number, a media type or a short name (see --accept).",
      valueName: "format"))
  var contentFormat: FormatArgument?

  func validate() throws {
    if payload != nil && payloadFile != nil {
      throw ValidationError("--payload and --payload-file exclude each other")
    }
  }

  func bytes() throws(Failure) -> [UInt8] {
    if let payloadFile { return try readFile(payloadFile) }
    return Array((payload ?? "").utf8)
  }
}
