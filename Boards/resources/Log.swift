import DeviceCore

/// A large text: numbered lines of 32 bytes.
public struct Log: Resource {
  public let path: StaticString = "log"
  public let attributes = LinkAttributes(title: "a large text", contentFormats: "0")
  private let lineCount: UInt32

  public init(lineCount: UInt32 = 256) {
    self.lineCount = lineCount
  }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .textPlain)
    for line in 0..<lineCount {
      // Five digits, so that every line is as long as the others.
      response.append("line ")
      response.append(decimal: 10000 + line % 90000)
      response.append(" of the device's log\n")
    }
  }
}
