import Port

/// Opens connections with lwIP.
public struct LwIPDialler: Dialler {
  private let network: LwIPNetwork

  /// Opens connections of a network that has started.
  public init(network: LwIPNetwork) {
    self.network = network
  }

  /// Begins to connect; see ``Port/Dialler/dial(_:)``.
  ///
  /// - Returns: nil also for an IPv6 address: lwIP is configured for IPv4 alone.
  public mutating func dial(_ place: DialPlace) -> LwIPStream? {
    guard case .ipv4(let bytes) = place.address else { return nil }
    return network.dial(IPv4(bytes[0], bytes[1], bytes[2], bytes[3]), port: place.port)
  }
}
