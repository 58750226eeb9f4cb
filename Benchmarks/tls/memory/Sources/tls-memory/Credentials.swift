import Foundation

/// The certificates that toolchain/benchmark has made, as DER.
struct Credentials {
  let folder: URL

  var authority: [UInt8] { read("authority.der") }
  /// Of all server certificates.
  var key: [UInt8] { read("server.key.der") }

  /// What a server sends, its own certificate first.
  ///
  /// - Parameter count: 1 or 3.
  func chain(of count: Int) -> [[UInt8]] {
    count == 1
      ? [read("server.der")] : [read("below.der"), read("intermediate-2.der"), read("intermediate-1.der")]
  }

  private func read(_ name: String) -> [UInt8] {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent(name)) else {
      fatalError("no \(name) in \(folder.path)")
    }
    return Array(data)
  }
}
