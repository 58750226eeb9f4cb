import DeviceCore
import Testing

/// A URI as a client that is connected to `destination` puts it into a request.
struct URIDecomposition: CustomTestStringConvertible, Sendable {
  let uri: String
  /// The numeric address that was dialled, or the name that SNI or the Host header told.
  var defaultHost = ""
  var port: UInt16?
  let options: [OptionText]

  var testDescription: String { uri }
}

/// An option as `11=61` is written in the vectors.
struct OptionText: Equatable, Sendable, CustomStringConvertible {
  let number: UInt16
  let value: [UInt8]

  init(_ number: UInt16, _ value: String) {
    self.number = number
    self.value = Array(value.utf8)
  }

  init(_ number: UInt16, bytes: [UInt8]) {
    self.number = number
    value = bytes
  }

  var description: String { "\(number)=\(String(decoding: value, as: UTF8.self).debugDescription)" }
}

/// Group U of Tests/Vectors/vectors.json.
let uriVectors: [URIDecomposition] = [
  URIDecomposition(
    uri: "coap+tcp://[2001:db8::2:1]/", defaultHost: "2001:db8::2:1", port: 5683, options: []),
  URIDecomposition(
    uri: "coap+tcp://example.net/", defaultHost: "2001:db8::2:1", port: 5683,
    options: [OptionText(3, "example.net")]),
  URIDecomposition(
    uri: "coap+tcp://xn--18j4d.example/%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF",
    defaultHost: "2001:db8::2:1", port: 5683,
    options: [OptionText(3, "xn--18j4d.example"), OptionText(11, "こんにちは")]),
  URIDecomposition(
    uri: "coap+tcp://198.51.100.1:61616//%2F//?%2F%2F&?%26", defaultHost: "198.51.100.1",
    port: 61616,
    options: [
      OptionText(11, ""), OptionText(11, "/"), OptionText(11, ""), OptionText(11, ""),
      OptionText(15, "//"), OptionText(15, "?&"),
    ]),
  URIDecomposition(
    uri: "coaps+tcp://example.org/a", defaultHost: "example.org", port: 5684,
    options: [OptionText(11, "a")]),
  URIDecomposition(
    uri: "coaps+ws://example.org/sensors/temperature?u=Cel", defaultHost: "example.org", port: 443,
    options: [OptionText(11, "sensors"), OptionText(11, "temperature"), OptionText(15, "u=Cel")]),
  URIDecomposition(
    uri: "coap+tcp://h//", defaultHost: "2001:db8::2:1", port: 5683,
    options: [OptionText(3, "h"), OptionText(11, ""), OptionText(11, "")]),
  URIDecomposition(
    uri: "coap+tcp://h/?", defaultHost: "2001:db8::2:1", port: 5683,
    options: [OptionText(3, "h"), OptionText(15, "")]),
  URIDecomposition(
    uri: "coap+tcp://h/a%2Fb", defaultHost: "2001:db8::2:1", port: 5683,
    options: [OptionText(3, "h"), OptionText(11, "a/b")]),
  URIDecomposition(
    uri: "coap+tcp://h/?a%26b&c=d", defaultHost: "2001:db8::2:1", port: 5683,
    options: [OptionText(3, "h"), OptionText(15, "a&b"), OptionText(15, "c=d")]),
]

/// What the vectors leave out.
let moreDecompositions: [URIDecomposition] = [
  // The connection goes elsewhere than the URI says (RFC 7252 section 6.4 steps 5 and 6).
  URIDecomposition(
    uri: "coap+tcp://192.0.2.1:61616/x", defaultHost: "192.0.2.2", port: 5683,
    options: [OptionText(3, "192.0.2.1"), OptionText(7, bytes: [0xf0, 0xb0]), OptionText(11, "x")]),
  URIDecomposition(
    uri: "coap+tcp://[2001:DB8::1]/", defaultHost: "2001:db8:0:0:0:0:0:1", port: 5683, options: []),
  URIDecomposition(
    uri: "coap+tcp://[2001:DB8::1]/", defaultHost: "2001:db8::2", port: 5683,
    options: [OptionText(3, "2001:db8::1")]),
  // AMB 13: without case and without the final dot.
  URIDecomposition(uri: "coaps+tcp://Example.ORG./", defaultHost: "example.org", options: []),
  URIDecomposition(uri: "coaps+tcp://example.org/", defaultHost: "EXAMPLE.org.", options: []),
  URIDecomposition(
    uri: "coaps+tcp://example.org/", defaultHost: "example.com",
    options: [OptionText(3, "example.org")]),
  URIDecomposition(
    uri: "coap+tcp://EX%41mple.%6eet/", options: [OptionText(3, "example.net")]),
  // Exactly once: the second percent sign is data.
  URIDecomposition(
    uri: "coap+ws://127.0.0.1/%2525?%2525", defaultHost: "127.0.0.1",
    options: [OptionText(11, "%25"), OptionText(15, "%25")]),
  URIDecomposition(
    uri: "coap+tcp://127.0.0.1/%00%ff", defaultHost: "127.0.0.1",
    options: [OptionText(11, bytes: [0, 0xff])]),
  URIDecomposition(
    uri: "coap+tcp://127.0.0.1?", defaultHost: "127.0.0.1", options: [OptionText(15, "")]),
  URIDecomposition(
    uri: "coap+tcp://127.0.0.1?a&&b", defaultHost: "127.0.0.1",
    options: [OptionText(15, "a"), OptionText(15, ""), OptionText(15, "b")]),
  URIDecomposition(
    uri: "coap+tcp://127.0.0.1/a/", defaultHost: "127.0.0.1",
    options: [OptionText(11, "a"), OptionText(11, "")]),
  URIDecomposition(
    uri: "coap+tcp://127.0.0.1/...", defaultHost: "127.0.0.1", options: [OptionText(11, "...")]),
  URIDecomposition(
    uri: "coap+tcp://127.0.0.1/-._~!$&'()*+,;=:@", defaultHost: "127.0.0.1",
    options: [OptionText(11, "-._~!$&'()*+,;=:@")]),
]

struct RefusedURI: CustomTestStringConvertible, Sendable {
  let uri: String
  let fault: URIFault
  let offset: Int

  init(_ uri: String, _ fault: URIFault, _ offset: Int) {
    self.uri = uri
    self.fault = fault
    self.offset = offset
  }

  var testDescription: String { uri }
}

let refusedURIs: [RefusedURI] = [
  RefusedURI("", .missingScheme, 0),
  RefusedURI("127.0.0.1/x", .missingScheme, 0),
  RefusedURI("127.0.0.1:5683/x", .missingScheme, 0),
  RefusedURI("/x", .missingScheme, 0),
  RefusedURI("//host/x", .missingScheme, 0),
  RefusedURI("://host/x", .missingScheme, 0),
  RefusedURI("coap+tcp", .missingScheme, 0),
  RefusedURI(" coap+tcp://h/", .missingScheme, 0),
  RefusedURI("coap://h/", .unknownScheme, 0),
  RefusedURI("coaps://h/", .unknownScheme, 0),
  RefusedURI("http://h/", .unknownScheme, 0),
  RefusedURI("coap+wss://h/", .unknownScheme, 0),
  RefusedURI("localhost:5683/x", .unknownScheme, 0),
  RefusedURI("coap+tcp:", .missingHost, 9),
  RefusedURI("coap+tcp:/", .missingHost, 9),
  RefusedURI("coap+tcp:h/x", .missingHost, 9),
  RefusedURI("coap+tcp://", .missingHost, 11),
  RefusedURI("coap+tcp:///x", .missingHost, 11),
  RefusedURI("coap+tcp://:5683/x", .missingHost, 11),
  RefusedURI("coap+tcp://?x", .missingHost, 11),
  RefusedURI("coap+tcp://user@h/", .userInformation, 11),
  RefusedURI("coap+tcp://@h/", .userInformation, 11),
  RefusedURI("coap+tcp://h h/", .invalidHost, 12),
  RefusedURI("coap+tcp://h%20h/", .invalidHost, 12),
  RefusedURI("coap+tcp://h%00/", .invalidHost, 12),
  RefusedURI("coap+tcp://grüße/", .invalidHost, 13),
  RefusedURI("coap+tcp://h]/", .invalidHost, 12),
  RefusedURI("coap+tcp://[::1]h/", .invalidHost, 16),
  RefusedURI("coap+tcp://h%4/", .invalidPercentEncoding, 12),
  RefusedURI("coap+tcp://\(String(repeating: "h", count: 256))/", .hostTooLong, 11),
  RefusedURI("coap+tcp://[::1/x", .invalidIPv6Address, 11),
  RefusedURI("coap+tcp://[]/", .invalidIPv6Address, 12),
  RefusedURI("coap+tcp://[127.0.0.1]/", .invalidIPv6Address, 12),
  RefusedURI("coap+tcp://[v1.x]/", .invalidIPv6Address, 12),
  RefusedURI("coap+tcp://[fe80::1%25eth0]/", .zoneIdentifier, 19),
  RefusedURI("coap+tcp://224.0.1.187/", .multicastHost, 11),
  RefusedURI("coap+tcp://239.255.255.255/", .multicastHost, 11),
  RefusedURI("coap+tcp://[ff02::fd]/", .multicastHost, 12),
  RefusedURI("coap+tcp://h:65536/", .invalidPort, 13),
  RefusedURI("coap+tcp://h:4294967297/", .invalidPort, 13),
  RefusedURI("coap+tcp://h:abc/", .invalidPort, 13),
  RefusedURI("coap+tcp://h:1:2/", .invalidPort, 14),
  RefusedURI("coap+tcp://[::1]:-1/", .invalidPort, 17),
  RefusedURI("coap+tcp://h/a b", .invalidCharacter, 14),
  RefusedURI("coap+tcp://h/ü", .invalidCharacter, 13),
  RefusedURI("coap+tcp://h/a[b", .invalidCharacter, 14),
  RefusedURI("coap+tcp://h/?a\"b", .invalidCharacter, 15),
  RefusedURI("coap+tcp://h/%", .invalidPercentEncoding, 13),
  RefusedURI("coap+tcp://h/%4", .invalidPercentEncoding, 13),
  RefusedURI("coap+tcp://h/a%4/1", .invalidPercentEncoding, 14),
  RefusedURI("coap+tcp://h/%zz", .invalidPercentEncoding, 13),
  RefusedURI("coap+tcp://h/?%f", .invalidPercentEncoding, 14),
  RefusedURI("coap+tcp://h/.", .dotSegment, 13),
  RefusedURI("coap+tcp://h/a/../b", .dotSegment, 15),
  RefusedURI("coap+tcp://h/%2e%2E", .dotSegment, 13),
  RefusedURI("coap+tcp://h/\(String(repeating: "p", count: 256))", .segmentTooLong, 13),
  RefusedURI("coap+tcp://h/?\(String(repeating: "%41", count: 256))", .argumentTooLong, 14),
  RefusedURI("coap+tcp://h/#", .fragment, 13),
  RefusedURI("coap+tcp://h/x#y", .fragment, 14),
  RefusedURI("coap+tcp://h/?x#y", .fragment, 15),
  RefusedURI("coap+tcp://h#y", .fragment, 12),
]

struct URIAuthority: CustomTestStringConvertible, Sendable {
  let uri: String
  let host: String
  let form: CoAPURI.HostForm
  let port: UInt16

  init(_ uri: String, _ host: String, _ form: CoAPURI.HostForm, _ port: UInt16) {
    self.uri = uri
    self.host = host
    self.form = form
    self.port = port
  }

  var testDescription: String { uri }
}

let uriAuthorities: [URIAuthority] = [
  URIAuthority("coap+tcp://h", "h", .name, 5683),
  URIAuthority("coap+tcp://h:", "h", .name, 5683),
  URIAuthority("coap+tcp://h:0", "h", .name, 0),
  URIAuthority("coap+tcp://h:00065535/x", "h", .name, 65535),
  URIAuthority("COAP+TCP://Host/", "host", .name, 5683),
  URIAuthority("coap+tcp://a_b~c!$&'()*+,;=/", "a_b~c!$&'()*+,;=", .name, 5683),
  URIAuthority("coap+tcp://1.2.3/", "1.2.3", .name, 5683),
  URIAuthority("coap+tcp://256.1.1.1/", "256.1.1.1", .name, 5683),
  URIAuthority("coap+tcp://01.1.1.1/", "01.1.1.1", .name, 5683),
  URIAuthority("coap+tcp://0.0.0.0/", "0.0.0.0", .ipv4, 5683),
  URIAuthority("coap+tcp://255.255.255.255:1/", "255.255.255.255", .ipv4, 1),
  URIAuthority("coap+tcp://[::]/", "::", .ipv6, 5683),
  URIAuthority("coap+tcp://[::1]:7/", "::1", .ipv6, 7),
  URIAuthority("coap+tcp://[1:2:3:4:5:6:7::]", "1:2:3:4:5:6:7::", .ipv6, 5683),
  URIAuthority("coap+tcp://[::ffff:192.0.2.1]", "::ffff:192.0.2.1", .ipv6, 5683),
  URIAuthority("coap+tcp://[1:2:3:4:5:6:7:8]:", "1:2:3:4:5:6:7:8", .ipv6, 5683),
]

let noIPv6Addresses = [
  ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1::", "1::2::3",
  "12345::", "::g", "1:", ":1", "::1:", "1.2.3.4::", "::1.2.3", "::1.2.3.4.5", "::256.1.1.1",
  "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.4:1", "1::2:3:4:5:6:7:8", "::1:2:3:4:5:6:7:8",
]
