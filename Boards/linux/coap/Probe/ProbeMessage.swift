import DeviceCore
import LinuxSupport

/// A message as a prober sees it: with copies of everything.
struct ProbeMessage {
  var code: Code
  var token: [UInt8] = []
  var options: [(number: Int, value: [UInt8])] = []
  var payload: [UInt8] = []
  /// The bytes that it came in.
  var bytes: [UInt8] = []

  init(_ code: Code, token: [UInt8] = [], options: [(Int, [UInt8])] = [], payload: [UInt8] = []) {
    self.code = code
    self.token = token
    self.options = options.map { (number: $0.0, value: $0.1) }
    self.payload = payload
  }

  init(_ message: borrowing Message, bytes: [UInt8]) {
    code = message.code
    token = copy(message.token)
    payload = copy(message.payload)
    var rest = message.options
    while let option = rest.next() { options.append((Int(option.number.rawValue), copy(option.value))) }
    self.bytes = bytes
  }

  /// The values of an option, in order.
  func values(_ number: Int) -> [[UInt8]] { options.filter { $0.number == number }.map(\.value) }

  func uint(_ number: Int) -> UInt32? { values(number).first.map { $0.reduce(0) { $0 << 8 | UInt32($1) } } }

  /// In one line.
  var text: String {
    guard !bytes.isEmpty,
      case .complete(let header)? = try? FrameHeader.parse(bytes.span, maximumTokenByteCount: 65804),
      let message = try? Message(bytes.span, header: header)
    else { return "\(code.codeClass).\(code.detail / 10)\(code.detail % 10)" }
    return describe(message)
  }

  /// As it goes on the wire (RFC 8323 section 3.2), put together here so that it can be wrong on purpose.
  func encoded() -> [UInt8] {
    var body: [UInt8] = []
    var last = 0
    for option in options.sorted(by: { $0.number < $1.number }) {
      let (deltaNibble, delta) = Self.nibble(option.number - last)
      let (lengthNibble, length) = Self.nibble(option.value.count)
      body += [deltaNibble << 4 | lengthNibble] + delta + length + option.value
      last = option.number
    }
    if !payload.isEmpty { body += [0xff] + payload }
    let (nibble, extended) = Self.length(body.count)
    return [nibble << 4 | UInt8(token.count)] + extended + [code.rawValue] + token + body
  }

  /// As it is in a WebSocket: Len is 0, and what extends it is not there (RFC 8323 section 4.2).
  func encodedForWebSocket() -> [UInt8] {
    let bytes = encoded()
    let extended = [13: 1, 14: 2, 15: 4][bytes[0] >> 4] ?? 0
    return [bytes[0] & 15] + bytes.dropFirst(1 + extended)
  }

  /// The one message that a WebSocket message has; nil when it is none.
  init?(inWebSocket bytes: [UInt8]) {
    guard bytes.count >= 2, bytes[0] <= 8, bytes.count >= 2 + Int(bytes[0]) else { return nil }
    let (nibble, extended) = Self.length(bytes.count - 2 - Int(bytes[0]))
    let stream = [nibble << 4 | bytes[0]] + extended + bytes.dropFirst()
    guard case .complete(let header)? = try? FrameHeader.parse(stream.span, maximumTokenByteCount: 8),
      let message = try? Message(stream.span, header: header)
    else { return nil }
    self.init(message, bytes: stream)
  }

  private static func nibble(_ value: Int) -> (UInt8, [UInt8]) {
    switch value {
    case ..<13: (UInt8(value), [])
    case ..<269: (13, [UInt8(value - 13)])
    default: (14, [UInt8((value - 269) >> 8), UInt8((value - 269) & 0xff)])
    }
  }

  static func length(_ value: Int) -> (UInt8, [UInt8]) {
    switch value {
    case ..<269: nibble(value)
    case ..<65805: (14, [UInt8((value - 269) >> 8), UInt8((value - 269) & 0xff)])
    default: (15, (0..<4).map { UInt8((value - 65805) >> (24 - 8 * $0) & 0xff) })
    }
  }
}

private func copy(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }

/// A CSM with Max-Message-Size and, unless it is left out, Block-Wise-Transfer.
func capabilities(size: UInt32? = 65_536, blocks: Bool = true) -> ProbeMessage {
  var options: [(Int, [UInt8])] = []
  if let size { options.append((2, shortest(size))) }
  if blocks { options.append((4, [])) }
  return ProbeMessage(.capabilitiesAndSettings, options: options)
}

/// A number in as few bytes as it takes.
func shortest(_ number: UInt32) -> [UInt8] {
  var bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
  while bytes.first == 0 { bytes.removeFirst() }
  return bytes
}

/// A GET for a path such as `sensors/temperature`.
func request(
  _ path: String, token: [UInt8] = [0xca, 0xfe], _ options: [(Int, [UInt8])] = [], payload: [UInt8] = []
) -> ProbeMessage {
  request(.get, path, token: token, options, payload: payload)
}

/// A request with any method.
func request(
  _ method: Code, _ path: String, token: [UInt8] = [0xca, 0xfe], _ options: [(Int, [UInt8])] = [],
  payload: [UInt8] = []
) -> ProbeMessage {
  let segments = path.split(separator: "/").map { (11, Array($0.utf8)) }
  return ProbeMessage(method, token: token, options: segments + options, payload: payload)
}
