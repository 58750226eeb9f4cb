import ArgumentParser
import DeviceCore
import LinuxSupport

/// Options of a request that the command line can add.
struct OptionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The Content-Format wanted: a number, a media type or a short name such as text, link, json, "
        + "cbor, senml+cbor.", valueName: "format"))
  var accept: FormatArgument?

  @Option(
    name: .customLong("etag"),
    help: ArgumentHelp(
      "The ETag of a representation that is at hand: the server may answer 2.03 instead of sending it "
        + "again. Repeatable.", valueName: "hex"))
  var eTags: [HexArgument] = []

  @Option(
    help: ArgumentHelp(
      "Only if the resource has this ETag, or with '' only if it exists. Repeatable.",
      valueName: "hex"))
  var ifMatch: [HexArgument] = []

  @Flag(help: "Only if the resource does not exist yet.")
  var ifNoneMatch = false

  @Option(
    help: ArgumentHelp("How many proxies may pass the request on (RFC 8768).", valueName: "1-255"))
  var hopLimit: UInt8?

  @Option(
    name: .customLong("option"),
    help: ArgumentHelp(
      "Add an option of any number with a hexadecimal value, as in 6= or 4=a1b2. Repeatable. With Block1 "
        + "(27) or Block2 (23) nothing is done in blocks by itself.", valueName: "number=hex"))
  var rawOptions: [RawOption] = []

  @Option(
    help: ArgumentHelp(
      "Up to 60 bytes that come back at the end of the response's token, if the server takes such tokens "
        + "(RFC 8974).", valueName: "hex"))
  var tokenState: HexArgument?

  func validate() throws {
    guard eTags.allSatisfy({ (1...8).contains($0.bytes.count) }) else {
      throw ValidationError("--etag is 1 to 8 bytes in hexadecimal digits")
    }
    guard ifMatch.allSatisfy({ $0.bytes.count <= 8 }) else {
      throw ValidationError("--if-match is at most 8 bytes in hexadecimal digits")
    }
    guard hopLimit != 0 else { throw ValidationError("--hop-limit is a number from 1 to 255") }
    guard tokenState?.bytes.count ?? 0 <= 60 else {
      throw ValidationError("--token-state is at most 60 bytes in hexadecimal digits")
    }
  }
}

/// How bodies are cut that do not fit into one message.
struct BlockArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Send and ask for blocks of this size, 16 to 1024, or bert for up to 64 of 1024 in a message. Without "
        + "it a body is cut only when it does not fit, and the server chooses.", valueName: "bytes|bert"))
  var blockSize: BlockSizeArgument?

  @Option(help: ArgumentHelp("Give up on a larger body of an answer.", valueName: "bytes"))
  var maxBodySize: UInt32 = 1 << 28

  /// The most of a payload that a message has, in bytes: who asks for blocks does not want a single huge one.
  var largestPart: Int { blockSize == nil ? .max : 1 << 16 }
}

/// A power of two from 16 to 1024, or `bert`.
struct BlockSizeArgument: ExpressibleByArgument {
  let size: BlockSize

  init?(argument: String) {
    if argument == "bert" {
      size = .bert
      return
    }
    let found = (UInt8(0)...6).compactMap(BlockSize.init).first { "\($0.byteCount)" == argument }
    guard let found else { return nil }
    size = found
  }
}
