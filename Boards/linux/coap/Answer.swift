import DeviceCore
import LinuxSupport

/// A response with its whole body.
struct Answer {
  let code: Code
  /// Token and options, in a line each.
  let lines: [String]
  let contentFormat: ContentFormat?
  /// In seconds; nil when the server does not say.
  let maxAge: UInt32?
  /// In seconds; what holds when the server does not say is among them.
  let freshness: UInt32
  /// Empty when it went into a file.
  var body: [UInt8] = []
  var byteCount: UInt32 = 0

  /// Takes a copy of all but the payload.
  init(_ response: Message, showsToken: Bool = false) {
    code = response.code
    maxAge = response.uint(of: .maxAge)
    freshness = response.maxAgeSeconds
    contentFormat = response.uint(of: .contentFormat).flatMap { UInt16(exactly: $0) }
      .map { ContentFormat(rawValue: $0) }
    var lines = showsToken ? ["token=\(hexText(response.token))"] : []
    var options = response.options
    while let option = options.next() {
      lines.append(describe(option, in: response.code) + Answer.formatNote(option))
    }
    self.lines = lines
  }

  /// A response that is no part of anything larger.
  init(whole response: Message, showsToken: Bool = false) {
    self.init(response, showsToken: showsToken)
    body = array(response.payload)
    byteCount = UInt32(clamping: body.count)
  }

  /// Whether the server says when to ask again (RFC 7252 section 5.9.3.4, RFC 8516).
  var isAboutLater: Bool { code == .tooManyRequests || code == .serviceUnavailable }

  /// A format that says text is believed only as far as the bytes are harmless for a terminal.
  var isShownAsText: Bool { (contentFormat?.isText ?? true) && isText(body.span) }

  /// `4.29 Too Many Requests: slower (try again in 3 s)`
  var reason: String {
    let later = isAboutLater && maxAge != nil ? " (try again in \(freshness) s)" : ""
    return code.text + diagnostic + later
  }

  /// The reason that a server gives (RFC 7252 section 5.5.2).
  private var diagnostic: String {
    guard !body.isEmpty else { return "" }
    // With a format other than text it is a representation, for instance of problem details.
    if let format = contentFormat, !format.isText {
      return ": \(format.mediaType ?? "format \(format.rawValue)") \(valueText(body.span))"
    }
    return ": \(printableText(body.span))"
  }

  private static func formatNote(_ option: borrowing MessageOption) -> String {
    guard option.number == .contentFormat, let number = option.uint,
      let type = UInt16(exactly: number).flatMap({ ContentFormat(rawValue: $0).mediaType })
    else { return "" }
    return " (\(type))"
  }
}
