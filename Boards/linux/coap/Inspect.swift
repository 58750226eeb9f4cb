import ArgumentParser
import LinuxSupport

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Take messages apart, byte by byte.",
    discussion: """
      Decodes a stream of messages as RFC 8323 frames them over TCP: names every field, and points at the \
      first fault, behind which nothing is decoded. It speaks of the wire format alone: whether codes and \
      options make sense to a peer is not judged. The exit code is 1 for a fault or an incomplete message.

      With --json each message is one object in a line of its own, followed by {"incomplete":true} or \
      {"error":"...","offset":N} where that applies; the exit code is then 0. With - as HEX, each line of \
      standard input is decoded for itself and becomes one line: a JSON array of these objects. Offsets are \
      bytes from the start of the input (for bad digits: characters).

      EXAMPLES:
        coap inspect d40901deadbeefb773656e736f72730474656d7046756e69743d632132
        coap inspect '50e1 23800100 20'
        coap inspect --json 01e242
        printf '01e242\\n0001\\n' | coap inspect -
      """)

  @Argument(help: "Pairs of hexadecimal digits; blanks are ignored. Or - for lines of them.")
  var hex: [String]

  @Flag(help: "Print JSON, one object a message.")
  var json = false

  @Option(help: ArgumentHelp("A larger message is a fault.", valueName: "bytes"))
  var maxMessageSize: UInt32 = 1152

  @Option(help: ArgumentHelp("A longer token is a fault.", valueName: "bytes"))
  var maxTokenLength = 8

  func validate() throws {
    if hex.isEmpty { throw ValidationError("HEX is missing") }
    if maxTokenLength < 8 || maxTokenLength > 65_804 {
      throw ValidationError("--max-token-length is a number from 8 to 65804")
    }
  }

  func run() throws {
    let dissector = Dissector(
      maximumMessageByteCount: maxMessageSize, maximumTokenByteCount: maxTokenLength)
    if hex == ["-"] {
      while let line = readLine() {
        writeLine(jsonLine(line, dissector))
      }
      return
    }
    switch parseHex(hex.joined(separator: " ")) {
    case .success(let bytes): try show(bytes, dissector)
    case .failure(let error):
      throw Failure("not hexadecimal at character \(error.offset + 1)", exitCode: 64)
    }
  }

  private func show(_ bytes: [UInt8], _ dissector: Dissector) throws {
    let dissection = dissector.dissect(bytes)
    if json {
      for object in jsonObjects(bytes, dissection) { writeLine(object) }
      return
    }
    for line in Listing(bytes, isColored: isOutputTerminal).lines(dissection) { writeLine(line) }
    switch dissection.ending {
    case .complete: return
    case .incomplete(_, let missing):
      throw Failure("the last message is incomplete: \(missing) or more bytes are missing")
    case .fault(let fault, let offset):
      throw Failure("\(fault.text) at byte \(offset)")
    }
  }

  private func jsonLine(_ line: String, _ dissector: Dissector) -> String {
    switch parseHex(line) {
    case .success(let bytes):
      "[" + jsonObjects(bytes, dissector.dissect(bytes)).joined(separator: ",") + "]"
    case .failure(let error): "[{\"error\":\"not hexadecimal\",\"offset\":\(error.offset)}]"
    }
  }
}
