import DeviceCore
import Foundation
import PortWebSocket

/// The head of a request or an answer of HTTP.
struct ProbeHead {
  /// The words of the first line.
  let words: [String]
  /// By their names in lower case; a field that comes twice is a list.
  private(set) var fields: [String: String] = [:]

  init(_ lines: [String]) {
    words = lines.first?.split(separator: " ").map(String.init) ?? []
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = trimmed(line[line.index(after: colon)...])
      let name = line[..<colon].lowercased()
      fields[name] = fields[name].map { "\($0), \(value)" } ?? value
    }
  }

  /// The words of a list, in lower case.
  func list(_ name: String) -> [String] {
    (fields[name] ?? "").split(separator: ",").map { trimmed($0).lowercased() }
  }

  /// Of an answer; nil when it is none.
  var status: Int? { words.count >= 2 && words[0].hasPrefix("HTTP/1.") ? Int(words[1]) : nil }
}

private func trimmed(_ text: some StringProtocol) -> String {
  let rest = text.drop { $0 == " " || $0 == "\t" }
  let end = rest.lastIndex { $0 != " " && $0 != "\t" }
  return end.map { String(rest[...$0]) } ?? ""
}

// MARK: As the client

extension ProbeWebSocket {
  /// What a server answers to a request for a WebSocket.
  struct Answer {
    let status: Int
    let fields: [String: String]
  }

  /// The example of RFC 6455 section 1.3.
  static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  /// Asks for a WebSocket.
  ///
  /// - Parameter changes: fields with other values, or nil to leave them out.
  /// - Returns: nil when no answer comes.
  func ask(_ path: String = "/.well-known/coap", _ changes: [String: String?] = [:]) -> Answer? {
    let usual = [
      "Host": authority, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": Self.key,
      "Sec-WebSocket-Protocol": "coap", "Sec-WebSocket-Version": "13",
    ]
    link.send(Array("GET \(path) HTTP/1.1\r\n\(Self.fields(usual, changes))\r\n".utf8))
    guard let head = link.receiveHead().map(ProbeHead.init), let status = head.status else { return nil }
    return Answer(status: status, fields: head.fields)
  }

  /// Opens the WebSocket and sends our CSM.
  func open() -> Bool {
    guard ask()?.status == 101 else { return false }
    send(capabilities())
    return true
  }

  private static func fields(_ usual: [String: String], _ changes: [String: String?]) -> String {
    usual.merging(changes.compactMapValues { $0 }) { $1 }
      .filter { name, _ in changes[name].map { $0 != nil } ?? true }
      .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }.joined()
  }
}

// MARK: As the server

extension ProbeWebSocket {
  /// What a client asks with.
  func receiveRequest() -> ProbeHead? { link.receiveHead().map(ProbeHead.init) }

  /// The answer to a request, as bytes.
  ///
  /// - Parameter changes: fields with other values, or nil to leave them out.
  static func answer(
    to request: ProbeHead, status: String = "101 Switching Protocols", _ changes: [String: String?] = [:]
  ) -> [UInt8] {
    let usual = [
      "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Protocol": "coap",
      "Sec-WebSocket-Accept": digest(of: request.fields["sec-websocket-key"] ?? ""),
    ]
    return Array("HTTP/1.1 \(status)\r\n\(fields(usual, changes))\r\n".utf8)
  }

  /// Takes a client's request, and sends our CSM.
  func accept() -> Bool {
    guard let request = receiveRequest() else { return false }
    link.send(Self.answer(to: request))
    send(capabilities())
    return true
  }

  /// What proves that a request was read (RFC 6455 section 4.2.2).
  private static func digest(of key: String) -> String {
    let bytes = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
    guard let digest = LibrarySHA1.sha1(bytes.span) else { return "" }
    // Not with the core's own, which is what may be tried.
    return Data(digest.indices.map { digest[$0] }).base64EncodedString()
  }
}
