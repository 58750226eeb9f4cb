import DeviceCore

// The registry "CoAP Content-Formats" as far as people meet it, with the short names of the command line.
private let knownFormats: [(number: UInt16, mediaType: String, shortName: String)] = [
  (0, "text/plain; charset=utf-8", "text"),
  (40, "application/link-format", "link"),
  (41, "application/xml", "xml"),
  (42, "application/octet-stream", "octets"),
  (47, "application/exi", "exi"),
  (50, "application/json", "json"),
  (51, "application/json-patch+json", "json-patch+json"),
  (52, "application/merge-patch+json", "merge-patch+json"),
  (60, "application/cbor", "cbor"),
  (61, "application/cwt", "cwt"),
  (62, "application/multipart-core", "multipart-core"),
  (63, "application/cbor-seq", "cbor-seq"),
  (110, "application/senml+json", "senml+json"),
  (111, "application/sensml+json", "sensml+json"),
  (112, "application/senml+cbor", "senml+cbor"),
  (113, "application/sensml+cbor", "sensml+cbor"),
  (257, "application/concise-problem-details+cbor", "problem+cbor"),
  (320, "application/senml-etch+json", "senml-etch+json"),
  (322, "application/senml-etch+cbor", "senml-etch+cbor"),
  (11542, "application/vnd.oma.lwm2m+tlv", "lwm2m+tlv"),
  (11543, "application/vnd.oma.lwm2m+json", "lwm2m+json"),
  (11544, "application/vnd.oma.lwm2m+cbor", "lwm2m+cbor"),
]

extension ContentFormat {
  /// The format of a number, a short name (`text`, `cbor`) or a media type (`text/plain`) in any case.
  public init?(named name: String) {
    if let number = UInt16(name) {
      self.init(rawValue: number)
      return
    }
    let wanted = name.lowercased()
    let found = knownFormats.first { known in
      known.shortName == wanted || known.mediaType == wanted
        || known.mediaType.prefix { $0 != ";" } == wanted
    }
    guard let found else { return nil }
    self.init(rawValue: found.number)
  }

  /// `application/cbor`; nil for a number that is not in the table.
  public var mediaType: String? {
    knownFormats.first { $0.number == rawValue }?.mediaType
  }

  /// `cbor`; nil for a number that is not in the table.
  public var shortName: String? {
    knownFormats.first { $0.number == rawValue }?.shortName
  }

  /// The names that ``init(named:)`` takes.
  public static var shortNames: [String] { knownFormats.map(\.shortName) }

  /// Whether payloads of this format are text in UTF-8.
  public var isText: Bool {
    guard let mediaType else { return false }
    return mediaType.hasPrefix("text/") || mediaType.hasSuffix("json")
      || mediaType.hasSuffix("xml") || self == .linkFormat
  }
}
