import CFuzzSupport

@testable import Scenarios

extension Region {
  /// From now on nobody may touch what is behind the first `count` bytes of the region.
  func fence(_ count: Int) {
    let start = unsafe bytes(Region.capacity).baseAddress!
    unsafe fuzz_unpoison(start, Region.capacity)
    unsafe fuzz_poison(start + count, Region.capacity - count)
  }

  func removeFence() {
    let start = unsafe bytes(Region.capacity).baseAddress!
    unsafe fuzz_unpoison(start, Region.capacity)
  }
}

extension Slot {
  /// Nobody may touch what is outside the buffers of this connection.
  func fence(_ sizes: Sizes) {
    switch self {
    case .client:
      Region.clientReceive.fence(sizes.receive)
      Region.clientTransmit.fence(sizes.transmit)
    case .server:
      Region.serverReceive.fence(sizes.receive)
      Region.serverTransmit.fence(sizes.transmit)
    }
  }
}
