import CLwIP

/// The first sequence number of each connection (RFC 6528 section 3): a clock of 4 microseconds, moved by a
/// function of both ends that only this device can compute. Nobody else can guess it, and numbers of the same
/// two ends still grow with time.
struct SequenceNumbers {
  private var cipher = ChaCha20()

  /// - Returns: nil when `fill` has no random bits for the key.
  init?(_ fill: (inout MutableSpan<UInt8>) -> Bool) {
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    var space = bytes.mutableSpan
    guard fill(&space) else { return nil }
    for index in 0..<32 {
      cipher.key[index / 4] |= UInt32(bytes[index]) &<< UInt32(truncatingIfNeeded: index % 4 * 8)
    }
  }

  /// No connection is opened with this.
  init() {}

  func first(
    milliseconds: UInt32, localPort: UInt16, remoteAddress: UInt32, remotePort: UInt16
  ) -> UInt32 {
    let ports = UInt32(localPort) &<< 16 | UInt32(remotePort)
    let block = cipher.block(counter: 0, nonce: [remoteAddress, ports, 0])
    return milliseconds &* 250 &+ block[0]
  }

  /// Random bits that have nothing to do with any sequence number.
  var other: UInt32 { cipher.block(counter: 1, nonce: [0, 0, 0])[0] }
}

/// lwIP exists once, and asks through a C function that knows no network.
nonisolated(unsafe) var sequenceNumbers = SequenceNumbers()

// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
func clwip_sequence_number(
  _ milliseconds: UInt32, _ localPort: UInt16, _ remoteAddress: UInt32, _ remotePort: UInt16
) -> UInt32 {
  unsafe sequenceNumbers.first(
    milliseconds: milliseconds, localPort: localPort, remoteAddress: remoteAddress, remotePort: remotePort)
}
