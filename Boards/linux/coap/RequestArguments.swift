import ArgumentParser
import DeviceCore
import LinuxSupport

/// What all commands that send a request have in common.
struct RequestArguments: ParsableArguments {
  @Argument(help: "coap+tcp://HOST[:PORT][/PATH][?QUERY], or coaps+tcp:// for TLS")
  var uri: String

  @OptionGroup var settings: ExchangeArguments
}

/// What all commands that send a request have in common but its URI.
struct ExchangeArguments: ParsableArguments {
  @OptionGroup(title: "Options of the request") var options: OptionArguments

  @OptionGroup(title: "Blocks") var blocks: BlockArguments

  @Option(
    help: ArgumentHelp("How long to wait for each response, 0 for ever.", valueName: "seconds"))
  var timeout = Seconds(60)

  @Flag(
    name: .shortAndLong,
    help: "Print code and options of the response to standard error, and what TLS agreed on.")
  var verbose = false

  @OptionGroup(title: "Security") var security: SecurityArguments

  @OptionGroup(title: "Connection") var connection: ConnectionArguments

  var limits: Limits {
    var limits = connection.limits
    // Responses have the token of their request.
    let longest = 4 + UInt32(options.tokenState?.bytes.count ?? 0)
    limits.maximumTokenByteCount = max(limits.maximumTokenByteCount, longest)
    return limits
  }

  /// The size of the blocks to ask for; nil to leave it to the server. BERT is for two that have both announced
  /// it (RFC 8323 section 5.3.2).
  func wantedBlock(_ connection: borrowing Connection) -> BlockSize? {
    let ours = connection.limits.maximumMessageByteCount > 1152 ? BlockSize.bert : .largest
    return (blocks.blockSize?.size).map { min($0, ours, connection.largestBlock) }
  }
}

/// What becomes of the answer.
struct ResultArguments: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Put the payload of a successful answer into a file, which appears when it is complete; - for standard "
        + "output.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Ask so many times again when the server says 4.29 or 5.03, after the time that it names.",
      valueName: "number"))
  var retry = 0

  @Option(
    help: ArgumentHelp(
      "Classes of responses that the server is to leave out, as in 2 or 2,4,5 (RFC 7967). Silence is a "
        + "success then.", valueName: "classes"))
  var noResponse: ClassesArgument?

  func validate() throws {
    guard retry >= 0 else { throw ValidationError("--retry is a number, 0 or above") }
  }
}

/// What the methods with a payload have in common.
struct PayloadArguments: ParsableArguments {
  @Option(help: ArgumentHelp("The payload as text.", valueName: "text"))
  var payload: String?

  @Option(
    name: [.customLong("file"), .customLong("payload-file")],
    help: ArgumentHelp(
      "The payload from a file of up to 1 GiB, - for standard input. What does not fit into one message is "
        + "sent in blocks.", valueName: "file"))
  var file: String?

  @Option(
    help: ArgumentHelp(
      "The format of the payload: a number, a media type or a short name (see --accept).",
      valueName: "format"))
  var contentFormat: FormatArgument?

  func validate() throws {
    if payload != nil && file != nil {
      throw ValidationError("--payload and --file exclude each other")
    }
  }

  func bytes() throws(Failure) -> [UInt8] {
    guard let file else { return Array((payload ?? "").utf8) }
    let bytes = try readFile(file)
    // As far as block numbers reach.
    guard bytes.count <= 1 << 30 else { throw Failure("\(file) is larger than 1 GiB", exitCode: 64) }
    return bytes
  }
}

/// Classes of responses in the form of No-Response (RFC 7967 section 2.1).
struct ClassesArgument: ExpressibleByArgument {
  let bits: UInt8

  init?(argument: String) {
    var bits: UInt8 = 0
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let number = UInt8(part), [2, 4, 5].contains(number) else { return nil }
      bits |= 1 << (number - 1)
    }
    self.bits = bits
  }

  /// Whether nothing comes back whatever happens.
  var isAll: Bool { bits == 0b11010 }
}
