import DeviceCore
import LinuxSupport

/// A URI from the command line that was found to be one.
struct RequestURI {
  /// What ``CoAPURI`` is a view of.
  let bytes: [UInt8]
  /// In lower case and without percent-encoding, an IPv6 address without brackets.
  let host: String
  let port: UInt16
  let scheme: URIScheme

  /// - Throws: ``Failure`` of usage with what is wrong and where.
  init(_ text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    do throws(URIError) {
      let uri = try CoAPURI(bytes.span)
      self.bytes = bytes
      host = RequestURI.hostText(uri)
      port = uri.port
      scheme = uri.scheme
    } catch {
      let shown = "\"\(printableText(bytes.span))\""
      throw Failure(
        "invalid URI \(shown): \(error.fault.text) (at character \(error.offset + 1))", exitCode: 64)
    }
  }

  /// The host as a certificate and TLS's server_name have it.
  var nameWithoutFinalDot: String { host.hasSuffix(".") ? String(host.dropLast()) : host }

  /// The host, and the port where it is not the scheme's own, as HTTP's Host header has them.
  var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == scheme.defaultPort ? name : "\(name):\(port)"
  }

  private static func hostText(_ uri: CoAPURI) -> String {
    var name = [UInt8](repeating: 0, count: 255)
    var space = name.mutableSpan
    let count = uri.copyHost(into: &space) ?? 0
    return String(decoding: name.prefix(count), as: UTF8.self)
  }
}
