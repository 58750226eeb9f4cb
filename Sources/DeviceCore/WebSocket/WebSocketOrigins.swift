/// The origins of the web pages that may connect to a server (RFC 6455 section 10.2).
///
/// A browser says where the page comes from that opens a WebSocket, and any page on the web can try. What is no
/// browser sends no Origin, and always may.
@safe
public struct WebSocketOrigins: @unchecked Sendable {
  private let list: UnsafeBufferPointer<UInt8>

  /// No page.
  public static var none: WebSocketOrigins { WebSocketOrigins("") }

  /// Origins such as `https://example.org http://localhost:8080`, separated by blanks; `*` for every page.
  public init(_ list: StaticString) {
    unsafe self.list = UnsafeBufferPointer(start: list.utf8Start, count: list.utf8CodeUnitCount)
  }

  /// A list that is known when the program runs.
  ///
  /// - Precondition: it does not change and stays where it is.
  @unsafe
  public init(_ list: UnsafeBufferPointer<UInt8>) {
    unsafe self.list = list
  }

  /// Whether it is on the list.
  func contain(_ origin: Span<UInt8>) -> Bool {
    let list = unsafe Span(_unsafeElements: self.list)
    var start = 0
    for index in 0...list.count where index == list.count || list[index] == 0x20 {
      let entry = list.extracting(start..<index)
      if entry.isEqual(to: "*") || entry.count > 0 && entry.isEqualIgnoringCase(to: origin) { return true }
      start = index + 1
    }
    return false
  }
}
