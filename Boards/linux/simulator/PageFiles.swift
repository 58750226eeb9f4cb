import ArgumentParser
import Foundation

/// The files of a dashboard, which the listeners for WebSockets hand out to browsers: all of a folder, read once.
struct PageFiles {
  private let files: [String: File]

  private struct File {
    let type: String
    let bytes: [UInt8]
  }

  private static let types = [
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8", "json": "application/json", "wasm": "application/wasm",
    "svg": "image/svg+xml", "png": "image/png", "ico": "image/x-icon", "ts": "text/plain; charset=utf-8",
  ]

  /// - Throws: what is wrong with the folder, in a line for a person.
  init(folder: String) throws {
    var files: [String: File] = [:]
    let place = URL(fileURLWithPath: folder, isDirectory: true)
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw ValidationError("--dashboard: there is no folder \(folder)")
    }
    for name in names where !name.hasPrefix(".") {
      guard let data = try? Data(contentsOf: place.appendingPathComponent(name)) else { continue }
      let type = PageFiles.types[(name as NSString).pathExtension] ?? "application/octet-stream"
      files["/\(name)"] = File(type: type, bytes: [UInt8](data))
    }
    files["/"] = files["/index.html"]
    guard files["/"] != nil, files["/coap.wasm"] != nil else {
      throw ValidationError(
        "--dashboard: \(folder) lacks index.html or coap.wasm; toolchain/build browser makes them")
    }
    self.files = files
  }

  /// The answer to a request that is for one of the files; nil when it is not, or wants to be a WebSocket.
  func answer(to head: String) -> [UInt8]? {
    let lines = head.components(separatedBy: "\r\n")
    let start = lines[0].split(separator: " ")
    guard start.count == 3, start[0] == "GET" || start[0] == "HEAD", start[2].hasPrefix("HTTP/1."),
      !lines.contains(where: { $0.lowercased().hasPrefix("upgrade:") }),
      let file = files[String(start[1].prefix { $0 != "?" })]
    else { return nil }
    let fields = [
      "HTTP/1.1 200 OK", "Content-Type: \(file.type)", "Content-Length: \(file.bytes.count)",
      "Cache-Control: no-cache", "X-Content-Type-Options: nosniff",
      "Content-Security-Policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
        + "connect-src 'self' ws: wss:; img-src 'self' data:",
      "Connection: close", "\r\n",
    ]
    return Array(fields.joined(separator: "\r\n").utf8) + (start[0] == "GET" ? file.bytes : [])
  }
}
