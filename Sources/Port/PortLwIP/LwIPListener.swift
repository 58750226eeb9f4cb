import CLwIP
import Port

/// A listening TCP port of lwIP.
@safe
public struct LwIPListener: Listener {
  private let network: LwIPNetwork
  private let port: UInt16

  init(network: LwIPNetwork, port: UInt16) {
    self.network = network
    self.port = port
  }

  public mutating func accept() -> LwIPStream? {
    guard let place = unsafe network.pool.oldestWaiting(port: port) else { return nil }
    unsafe place.pointee.phase = .open
    return unsafe LwIPStream(place)
  }
}
