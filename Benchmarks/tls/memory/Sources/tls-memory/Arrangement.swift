import PortTLS

/// The two sides of what is measured.
enum Arrangement: String, CaseIterable {
  case psk
  case chain1 = "chain-1"
  case chain3 = "chain-3"

  func offer(of role: TLSContext.Role) -> Offer {
    var offer = Offer(role: role)
    guard self != .psk else { return offer }
    offer.key = nil
    offer.trusts = role == .client
    offer.chainLength = role == .client ? 0 : self == .chain1 ? 1 : 3
    return offer
  }
}

extension TLSContext.Role {
  var name: String { self == .client ? "client" : "server" }
  var other: TLSContext.Role { self == .client ? .server : .client }
}
