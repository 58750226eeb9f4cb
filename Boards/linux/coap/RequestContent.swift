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
    case contentFormat(ContentFormat)
    case accept(ContentFormat)
    case raw(RawOption)

    var number: UInt16 {
      switch self {
      case .host: OptionNumber.uriHost.rawValue
      case .port: OptionNumber.uriPort.rawValue
      case .path: OptionNumber.uriPath.rawValue
      case .contentFormat: OptionNumber.contentFormat.rawValue
      case .query: OptionNumber.uriQuery.rawValue
      case .accept: OptionNumber.accept.rawValue
      case .raw(let option): option.number
      }
    }
  }

  init(
    _ method: Code, uri: RequestURI, payload: [UInt8], contentFormat: ContentFormat?,
    accept: ContentFormat?, rawOptions: [RawOption], serverName: String?
  ) {
    self.method = method
    self.uri = uri
    self.payload = payload
    self.serverName = serverName
    var steps: [Step] = [.host, .port, .path, .query]
    if let contentFormat { steps.append(.contentFormat(contentFormat)) }
    if let accept { steps.append(.accept(accept)) }
    steps += rawOptions.map { .raw($0) }
    // The sort is stable: options of one number stay in the order in which they were given.
    self.steps = steps.sorted { $0.number < $1.number }
  }

  /// At least as much memory as the message takes, in bytes.
  var memoryByteCount: Int {
    var options = uri.bytes.count * 2 + 64
    for case .raw(let option) in steps { options += option.value.count + 8 }
    return payload.count + options + 64
  }

  func write(to writer: inout MessageWriter) throws(WriteError) {
    // A value that exists is a URI.
    guard let parsed = try? CoAPURI(uri.bytes.span) else { return }
    for step in steps {
      switch step {
      case .host: try parsed.appendHost(to: &writer, isDefault: isImplied(parsed))
      case .port: try parsed.appendPort(to: &writer, destination: parsed.port)
      case .path: try parsed.appendPath(to: &writer)
      case .contentFormat(let format): try writer.append(.contentFormat, format)
      case .query: try parsed.appendQuery(to: &writer)
      case .accept(let format): try writer.append(.accept, format)
      case .raw(let option):
        try writer.append(OptionNumber(rawValue: option.number), option.value.span)
      }
    }
    try writer.append(payload: payload.span)
  }

  /// Whether the server takes the URI's host for granted.
  private func isImplied(_ parsed: borrowing CoAPURI) -> Bool {
    serverName.map { parsed.isHost(Array($0.utf8).span) } ?? parsed.isHostImplied
  }
}
