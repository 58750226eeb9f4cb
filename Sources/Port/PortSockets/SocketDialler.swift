import CSockets
import Port

/// Opens connections with the operating system's sockets.
public struct SocketDialler: Dialler {
  private let board: SocketBoard

  /// Opens connections that `board` watches.
  public init(board: SocketBoard) {
    self.board = board
  }

  /// Begins to connect; see ``Port/Dialler/dial(_:)``.
  ///
  /// - Returns: nil also when the system refuses at once: it has no descriptor left, or no way to the place.
  public mutating func dial(_ place: DialPlace) -> SocketStream? {
    var address = csockets_address()
    guard fill(&address, with: place) else { return nil }
    var reason: Int32 = 0
    let descriptor = unsafe csockets_connect(&address, &reason)
    return descriptor < 0 ? nil : SocketStream(descriptor: descriptor, board: board)
  }

  private func fill(_ address: inout csockets_address, with place: DialPlace) -> Bool {
    switch place.address {
    case .ipv4(let bytes):
      unsafe bytes.span.withUnsafeBufferPointer {
        unsafe csockets_address_make($0.baseAddress, $0.count, place.port, &address)
      }
    case .ipv6(let bytes):
      unsafe bytes.span.withUnsafeBufferPointer {
        unsafe csockets_address_make($0.baseAddress, $0.count, place.port, &address)
      }
    }
  }
}
