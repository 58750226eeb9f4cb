/// Where a connection goes to: an IPv4 or IPv6 address and a TCP port.
///
/// Names are looked up by who makes the place: what can wait for a name server differs by machine.
public struct DialPlace: Equatable, Sendable {
  /// An address by its bytes, in the order in which they are written.
  public enum Address: Sendable {
    /// 10.0.2.2 is `[10, 0, 2, 2]`.
    case ipv4(InlineArray<4, UInt8>)
    /// ::1 is fifteen zeros and a 1.
    case ipv6(InlineArray<16, UInt8>)
  }

  /// The machine.
  public let address: Address
  /// The TCP port.
  public var port: UInt16

  /// A port of a machine.
  public init(_ address: Address, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// A port of a machine with an IPv4 address, by its four bytes as they are written.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, port: UInt16) {
    self.init(.ipv4([a, b, c, d]), port: port)
  }

  /// Whether both are the same port of the same machine.
  public static func == (left: DialPlace, right: DialPlace) -> Bool {
    guard left.port == right.port else { return false }
    switch (left.address, right.address) {
    case (.ipv4(let left), .ipv4(let right)): return areEqual(left, right)
    case (.ipv6(let left), .ipv6(let right)): return areEqual(left, right)
    default: return false
    }
  }

  private static func areEqual<let count: Int>(
    _ left: InlineArray<count, UInt8>, _ right: InlineArray<count, UInt8>
  ) -> Bool {
    for index in 0..<count where left[index] != right[index] { return false }
    return true
  }
}

/// Where connections go out.
public protocol Dialler {
  associatedtype Stream: ByteStream

  /// Begins to connect. Does not block: ``ByteStream/open()`` of the stream says when that has worked, and it
  /// or the first read or write says `failed` when it has not.
  ///
  /// - Returns: nil when it cannot even begin: there is no memory for one more connection now, or no way to
  ///   the place. Trying again later is not an error.
  mutating func dial(_ place: DialPlace) -> Stream?
}
