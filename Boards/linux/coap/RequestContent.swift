import DeviceCore
import LinuxSupport

/// All that a request says, to be written as often as it takes to be sent.
struct RequestContent {
  let method: Code
  let uri: RequestURI
  let payload: [UInt8]
  /// What the TLS handshake has told the server, if that is not the URI's host.
  private let serverName: String?
  /// In the order of their numbers.
  private let steps: [Step]

  /// An option, or what the URI says about one number.
  private enum Step {
    case host, port, path, query
    case uint(OptionNumber, UInt32)
    case opaque(OptionNumber, [UInt8])
    case empty(OptionNumber)

    var number: OptionNumber {
      switch self {
      case .host: .uriHost
      case .port: .uriPort
      case .path: .uriPath
      case .query: .uriQuery
      case .uint(let number, _), .opaque(let number, _), .empty(let number): number
      }
    }
  }

  init(
    _ method: Code, uri: RequestURI, payload: [UInt8] = [], contentFormat: ContentFormat? = nil,
    options: OptionArguments, noResponse: UInt8? = nil, serverName: String?
  ) {
    self.method = method
    self.uri = uri
    self.payload = payload
    self.serverName = serverName
    var steps: [Step] = [.host, .port, .path, .query]
    steps += options.ifMatch.map { .opaque(.ifMatch, $0.bytes) }
    steps += options.eTags.map { .opaque(.eTag, $0.bytes) }
    if options.ifNoneMatch { steps.append(.empty(.ifNoneMatch)) }
    if let contentFormat { steps.append(.uint(.contentFormat, UInt32(contentFormat.rawValue))) }
    if let hopLimit = options.hopLimit { steps.append(.uint(.hopLimit, UInt32(hopLimit))) }
    if let accept = options.accept { steps.append(.uint(.accept, UInt32(accept.format.rawValue))) }
    if let noResponse { steps.append(.uint(.noResponse, UInt32(noResponse))) }
    steps += options.rawOptions.map { .opaque(OptionNumber(rawValue: $0.number), $0.value) }
    // The sort is stable: options of one number stay in the order in which they were given.
    self.steps = steps.sorted { $0.number < $1.number }
  }

  /// At least as much memory as a message takes, in bytes.
  ///
  /// - Parameter largestPart: of the payload.
  func memoryByteCount(largestPart: Int = .max) -> Int {
    min(payload.count, largestPart) + uri.bytes.count * 2 + optionByteCount { _ in true } + 512
  }

  /// Whether Block1 or Block2 was given by hand: then answers are shown as they come.
  var saysBlocks: Bool { steps.contains { $0.number == .block1 || $0.number == .block2 } }

  /// What a message says beside the content itself.
  struct Extras {
    /// The value of Observe.
    var observe: UInt32?
    /// A value that the server wants to have back; empty for none.
    var echo: [UInt8] = []
    /// Whether to ask how large the answer's body is.
    var asksForSize = false
    /// Whether the message says which block of the answer it wants, if there is anything to say.
    var hasBlock2 = true
  }

  /// Writes the request with the next part of the payload, or the one for the next part of the answer.
  ///
  /// - Returns: the part of the payload that it has; nil when it asks for more of the answer.
  func write(
    to writer: inout MessageWriter, _ upload: inout BodyUpload?, _ download: BodyDownload,
    _ extras: Extras
  ) throws(WriteError) -> Range<UInt32>? {
    let isContinuing = download.offset > 0
    let isFirst = !isContinuing && upload?.offset ?? 0 == 0
    var early = steps.filter { $0.number < .block2 }
    if let value = extras.observe { insert(.uint(.observe, value), into: &early) }
    // RFC 7959 section 2.10: only the first block may demand that there is nothing yet.
    if !isFirst { early.removeAll { $0.number == .ifNoneMatch } }
    try append(early, to: &writer)
    if extras.hasBlock2 { try download.appendBlock(to: &writer) }
    var late = steps.filter { $0.number >= .block2 }
    if !extras.echo.isEmpty { insert(.opaque(.echo, extras.echo), into: &late) }
    var part: Range<UInt32>?
    if !isContinuing, upload != nil {
      part = try upload?.appendBlock(
        to: &writer,
        reserving: optionByteCount { $0 >= .block2 }
          + (extras.echo.isEmpty ? 0 : extras.echo.count + 5))
    } else if extras.asksForSize {
      try download.appendSizeQuestion(to: &writer)
    }
    try append(late, to: &writer)
    if let part {
      try writer.append(payload: payload.span.extracting(Int(part.lowerBound)..<Int(part.upperBound)))
    }
    return part
  }

  private func insert(_ step: Step, into steps: inout [Step]) {
    let place = steps.firstIndex { $0.number > step.number } ?? steps.count
    steps.insert(step, at: place)
  }

  private func append(_ steps: [Step], to writer: inout MessageWriter) throws(WriteError) {
    // A value that exists is a URI.
    guard let parsed = try? CoAPURI(uri.bytes.span) else { return }
    for step in steps {
      switch step {
      case .host: try parsed.appendHost(to: &writer, isDefault: isImplied(parsed))
      case .port: try parsed.appendPort(to: &writer, destination: parsed.port)
      case .path: try parsed.appendPath(to: &writer)
      case .query: try parsed.appendQuery(to: &writer)
      case .uint(let number, let value): try writer.append(number, uint: value)
      case .opaque(let number, let value): try writer.append(number, value.span)
      case .empty(let number): try writer.append(empty: number)
      }
    }
  }

  /// At most so many bytes are taken by options that do not come from the URI.
  private func optionByteCount(where isCounted: (OptionNumber) -> Bool) -> Int {
    steps.reduce(0) { sum, step in
      guard isCounted(step.number), case .opaque(_, let value) = step else {
        return sum + (isCounted(step.number) ? 9 : 0)
      }
      return sum + value.count + 5
    }
  }

  /// Whether the server takes the URI's host for granted.
  private func isImplied(_ parsed: borrowing CoAPURI) -> Bool {
    serverName.map { parsed.isHost(Array($0.utf8).span) } ?? parsed.isHostImplied
  }
}
