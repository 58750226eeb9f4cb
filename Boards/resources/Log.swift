import DeviceCore

/// A large text of numbered lines of 32 bytes. No part of it is kept: a block costs only its own lines.
public struct Log: Resource {
  public var path: StaticString { "log" }
  public var attributes: LinkAttributes {
    LinkAttributes(title: "a large text", contentFormats: "0")
  }
  private let byteCount: UInt32

  private static var lineByteCount: UInt32 { 32 }

  /// - Parameter byteCount: how long the text is; a last line may be cut.
  public init(byteCount: UInt32 = 8192) {
    self.byteCount = byteCount
  }

  // The text depends on its length alone.
  public var eTag: UInt32? { byteCount }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .textPlain)
    let wanted = response.beginBody(of: byteCount)
    var line = wanted.lowerBound / Log.lineByteCount
    response.skip(to: line * Log.lineByteCount)
    while !response.isBodyComplete {
      append(line: line, to: &response)
      line += 1
    }
  }

  private func append(line: UInt32, to response: inout Response) {
    let start = line * Log.lineByteCount
    guard byteCount - start >= Log.lineByteCount else {
      // Cut somewhere: padding does.
      for _ in start..<byteCount { response.append(".") }
      return
    }
    let text: StaticString = "line 000000 of the device's log\n"
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    for index in 0..<32 { bytes[index] = text.bytes[index] }
    var number = 100_000 + line % 900_000
    for index in 0..<6 {
      bytes[10 - index] = UInt8(truncatingIfNeeded: 0x30 + number % 10)
      number /= 10
    }
    response.append(bytes.span)
  }
}
