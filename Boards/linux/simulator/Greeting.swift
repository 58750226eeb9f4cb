import Foundation
import LinuxSupport

/// What the simulator says when it starts: addresses, resources, and lines to paste.
struct Greeting {
  let listeners: [OpenListener]
  let security: SecurityOptions
  let fresh: FreshKey?
  /// Whether there is a web page for browsers.
  let hasDashboard: Bool

  private static let resources = [
    ("/sensors/temperature", "GET", "text/plain, senml+cbor"),
    ("/sensors/humidity", "GET", "text/plain, senml+cbor"),
    ("/actuators/led", "GET PUT", "0 or 1"),
    ("/actuators/lock", "GET PUT", "0 or 1, with the Echo option of its 4.01"),
    ("/time", "GET", "the time of this machine"),
    ("/echo", "POST", "what was sent"),
    ("/log", "GET", "a text as long as --log-size"),
    ("/firmware", "PUT", "an image, ?sha256=HEX to be sure"),
    ("/firmware/status", "GET", "what of it came"),
    ("/slow", "GET", "after ?ms=N milliseconds"),
    ("/limited", "GET", "once in two seconds"),
    ("/.well-known/core", "GET", "the list of these"),
  ]

  func print() {
    for open in listeners {
      Swift.print("listening on \(open.address)")
    }
    Swift.print("\nresources:")
    for (path, methods, what) in Greeting.resources {
      Swift.print("  " + pad(path, 22) + pad(methods, 9) + what)
    }
    if hasDashboard {
      let what = "what web pages said when they were asked"
      Swift.print("  " + pad("/peers/browser", 22) + pad("GET", 9) + what)
      Swift.print("\nfor a browser:")
      for open in listeners where open.address.isWebSocket {
        Swift.print("  \(open.address.pageOrigins[0])/")
      }
    }
    Swift.print("\ntry one of:")
    for open in listeners {
      for line in lines(for: open.address) { Swift.print("  \(line)") }
    }
    Swift.print("\nCtrl-C stops it.\nready")
    fflush(nil)
  }

  /// Commands to paste. A key that was given is not shown.
  private func lines(for address: ListenAddress) -> [String] {
    let uri = "\(address.shortURI)/sensors/temperature"
    guard address.isSecured else {
      // Debian's libcoap has no WebSockets.
      if address.isWebSocket { return ["\(Client.ours) get \(uri)", "\(Client.aiocoap) \(uri)"] }
      return [
        "\(Client.ours) get \(uri)", "\(Client.ours) observe \(uri) --count 5",
        "\(Client.ours) put \(address.shortURI)/firmware --file /bin/sh",
        "\(Client.libcoap) -m get \(uri)", "\(Client.libcoap) -m get -s 5 \(uri)",
        "\(Client.aiocoap) \(uri)",
      ]
    }
    if let fresh {
      let ours = "COAP_PSK=\(fresh.hexText) \(Client.ours) get \(uri)"
      let libcoap = "\(Client.libcoap) -u \(fresh.identity) -k \(fresh.text) -m get \(uri)"
      // Debian's libcoap does not know ALPN.
      return security.requiresProtocol(on: address) || address.isWebSocket ? [ours] : [ours, libcoap]
    }
    return ["\(Client.ours) get \(uri) \(security.clientOptions)"]
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }
}

/// The clients as they can be called from here.
enum Client {
  /// Built beside this program.
  static var ours: String { beside("coap") ?? "coap" }
  /// Debian's package libcoap3-bin names it after its TLS library.
  static var libcoap: String {
    let isPlain = ["/usr/bin", "/usr/local/bin"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + "/coap-client")
    }
    return isPlain ? "coap-client" : "coap-client-openssl"
  }
  /// Where toolchain/test puts it.
  static var aiocoap: String { beside("../venv/bin/aiocoap-client") ?? "aiocoap-client" }

  /// A file by its place relative to this program's, as short as it can be written from here.
  private static func beside(_ place: String) -> String? {
    let program = CommandLine.arguments[0]
    guard let slash = program.lastIndex(of: "/") else { return nil }
    let path = URL(fileURLWithPath: program[..<slash] + "/" + place).standardized.path
    guard FileManager.default.isExecutableFile(atPath: path) else { return nil }
    let here = FileManager.default.currentDirectoryPath + "/"
    return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }
}

/// Ends the program with exit code 1 and one line.
struct CleanFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}

func writeError(_ line: String) {
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
