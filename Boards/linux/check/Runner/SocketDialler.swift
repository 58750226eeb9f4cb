import CCheckSupport
import CSockets
import Port
import PortSockets

/// Opens connections with the operating system's sockets.
struct SocketDialler: Dialler {
  let board: SocketBoard

  mutating func dial(_ place: DialPlace) -> SocketStream? {
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
        unsafe check_make_address($0.baseAddress, $0.count, place.port, &address)
      }
    case .ipv6(let bytes):
      unsafe bytes.span.withUnsafeBufferPointer {
        unsafe check_make_address($0.baseAddress, $0.count, place.port, &address)
      }
    }
  }
}
