import DeviceCore

/// A frame of a WebSocket (RFC 6455 section 5.2), which may be wrong on purpose.
struct ProbeFrame {
  enum Kind: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case reserved = 3
    case close = 8
    case ping = 9
    case pong = 10

    var isControl: Bool { rawValue >= 8 }
  }

  /// How the length is written.
  enum LengthForm {
    case shortest, twoBytes, eightBytes
  }

  var kind: Kind
  var payload: [UInt8] = []
  var isFinal = true
  /// The three bits that extensions may define.
  var reservedBits: UInt8 = 0
  /// Whether it has a mask; nil for what is right at this end.
  var isMasked: Bool?
  var lengthForm = LengthForm.shortest
  /// A length that is claimed in eight bytes, whatever follows.
  var claimedCount: Int?

  private static let mask: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]

  /// - Parameter end: that it leaves from.
  func encoded(at end: ProbeWebSocket.End) -> [UInt8] {
    let isMasked = isMasked ?? (end == .client)
    let maskBit: UInt8 = isMasked ? 0x80 : 0
    var bytes = [(isFinal ? 0x80 : 0) | reservedBits << 4 | kind.rawValue]
    switch (claimedCount == nil ? lengthForm : .eightBytes, payload.count) {
    case (.shortest, ..<126): bytes.append(maskBit | UInt8(payload.count))
    case (.shortest, ..<65_536), (.twoBytes, _):
      bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    case (_, let count):
      bytes.append(maskBit | 127)
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: (claimedCount ?? count) >> (56 - 8 * $0)) }
    }
    guard isMasked else { return bytes + payload }
    return bytes + Self.mask + masked(payload, with: Self.mask)
  }
}

/// What is wrong with a frame that came, or with the message in it.
enum ProbeFrameFault: Error, Equatable {
  case masked, unmasked, reservedBits, unknownType, longerLength, hugeLength, longControl, controlFragment
  case text, looseContinuation, mixedFragments
  /// Another Len than 0.
  case length(UInt8)
  case noMessage([UInt8])

  var text: String {
    switch self {
    case .masked: "a frame with a mask"
    case .unmasked: "a frame without a mask"
    case .reservedBits: "a frame with reserved bits"
    case .unknownType: "a frame of a type that is none"
    case .longerLength: "a length in more bytes than it takes"
    case .hugeLength: "a frame that never ends"
    case .longControl: "a control frame of more than 125 bytes"
    case .controlFragment: "a fragment of a control frame"
    case .text: "a message of text"
    case .looseContinuation: "a continuation of nothing"
    case .mixedFragments: "a new message within the fragments of another"
    case .length(let len): "a message with Len \(len)"
    case .noMessage(let bytes): "a WebSocket message that is no CoAP message: \(hex(bytes.prefix(16)))"
    }
  }
}

/// With or without a mask again (RFC 6455 section 5.3).
func masked(_ payload: [UInt8], with mask: [UInt8]) -> [UInt8] {
  payload.enumerated().map { $0.element ^ mask[$0.offset & 3] }
}
