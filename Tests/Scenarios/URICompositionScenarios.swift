import DeviceCore

// From the options of a request to its URI, and what no URI can say.

/// - Parameter request: in hexadecimal.
@inline(never)
private func expectURI(
  _ check: inout Checker, _ request: StaticString, _ uri: StaticString,
  sentTo destination: Destination = Destination(), line: UInt32 = #line
) {
  check.subject = uri
  let bytes = ByteStore(.vector, hex: request)
  var text = ByteStore(.toClient)
  check.expect(text.storeURI(of: bytes.bytes, sentTo: destination) == nil, "no URI", line: line)
  check.expect(text.bytes.isEqual(to: uri), "another URI", line: line)
  check.subject = ""
}

@inline(never)
private func expectNone(
  _ check: inout Checker, _ request: StaticString, _ error: URICompositionError,
  sentTo destination: Destination = Destination(), line: UInt32 = #line
) {
  check.subject = request
  let bytes = ByteStore(.vector, hex: request)
  var text = ByteStore(.toClient)
  check.expect(
    text.storeURI(of: bytes.bytes, sentTo: destination) == error, "another error, or none",
    line: line)
  check.subject = ""
}

// U-01 U-24
func composition_scheme_isThatOfTheTransport(_ check: inout Checker) {
  let host: StaticString = "example.org"
  expectURI(
    &check, "010101", "coap+tcp://example.org/",
    sentTo: Destination(scheme: .coapTCP, port: 5683, defaultHost: host))
  expectURI(
    &check, "010101", "coaps+tcp://example.org/",
    sentTo: Destination(scheme: .coapsTCP, port: 5684, defaultHost: host))
  expectURI(
    &check, "010101", "coap+ws://example.org/",
    sentTo: Destination(scheme: .coapWS, port: 80, defaultHost: host))
  expectURI(
    &check, "010101", "coaps+ws://example.org/",
    sentTo: Destination(scheme: .coapsWS, port: 443, defaultHost: host))
}

// U-20 U-21 U-22 U-24: from the server to the client there is no default but the address.
func composition_hostNotSaid_isTheDefault(_ check: inout Checker) {
  expectURI(&check, "010101", "coap+tcp://192.0.2.7/")
  expectURI(
    &check, "010101", "coap+tcp://[2001:db8::7]/", sentTo: Destination(address: "2001:DB8::7"))
  expectURI(
    &check, "010101", "coap+tcp://[2001:db8::7]:7/",
    sentTo: Destination(address: "[2001:db8::7]", port: 7))
  expectURI(
    &check, "010101", "coaps+tcp://example.org:7/",
    sentTo: Destination(scheme: .coapsTCP, port: 7, defaultHost: "Example.ORG"))
  expectURI(
    &check, "210101 3161", "coaps+tcp://a/",
    sentTo: Destination(scheme: .coapsTCP, port: 5684, defaultHost: "example.org"))
}

// U-24 X-48 X-50
func composition_host_isWrittenInOneWay(_ check: inout Checker) {
  expectURI(&check, "410101 33412e42", "coap+tcp://a.b/")
  expectURI(&check, "310101 322f3f", "coap+tcp://%2F%3F/")
  expectURI(&check, "410101 33404123", "coap+tcp://%40a%23/")
  expectURI(&check, "310101 32c3bc", "coap+tcp://%C3%BC/")
  expectURI(&check, "410101 33253431", "coap+tcp://%2541/")
  expectURI(&check, "410101 333a3a31", "coap+tcp://[::1]/")
  expectURI(&check, "610101 355b3a3a315d", "coap+tcp://[::1]/")
  expectURI(&check, "610101 353a3a464646", "coap+tcp://[::fff]/")
  expectURI(&check, "810101 37312e322e332e34", "coap+tcp://1.2.3.4/")
}

// U-05 X-50
func composition_port_isShownUnlessTheSchemeSaysIt(_ check: inout Checker) {
  expectURI(&check, "310101 721633", "coap+tcp://192.0.2.7/", sentTo: Destination(port: 1))
  expectURI(&check, "310101 721634", "coap+tcp://192.0.2.7:5684/")
  expectURI(&check, "310101 72ffff", "coap+tcp://192.0.2.7:65535/")
  expectURI(&check, "310101 720050", "coap+tcp://192.0.2.7:80/")
  expectURI(&check, "110101 70", "coap+tcp://192.0.2.7:0/")
  expectURI(&check, "010101", "coap+tcp://192.0.2.7:5684/", sentTo: Destination(port: 5684))
}

// X-48 X-49
func composition_pathAndQuery_encodeWhatTheyMust(_ check: inout Checker) {
  expectURI(&check, "310101 b12f 00", "coap+tcp://192.0.2.7/%2F/")
  expectURI(&check, "410101 d2022f3f", "coap+tcp://192.0.2.7/?/?")
  expectURI(&check, "410101 d2022623", "coap+tcp://192.0.2.7/?%26%23")
  expectURI(&check, "310101 b23f23", "coap+tcp://192.0.2.7/%3F%23")
  expectURI(&check, "510101 b45b5c5d5e", "coap+tcp://192.0.2.7/%5B%5C%5D%5E")
  expectURI(&check, "410101 b3607b7d", "coap+tcp://192.0.2.7/%60%7B%7D")
  expectURI(&check, "310101 b2007f", "coap+tcp://192.0.2.7/%00%7F")
  expectURI(&check, "210101 d002", "coap+tcp://192.0.2.7/?")
}

// RFC 7252 section 6.5 looks at four options; the others are of the request, not of the URI.
func composition_otherOptions_areNotShown(_ check: inout Checker) {
  expectURI(
    &check, "d108010140240000000063616263202101d01fd1b901e005f1", "coap+tcp://192.0.2.7/")
}

// X-37 X-45 U-02
func composition_optionsOfNoURI_haveTheirError(_ check: inout Checker) {
  // Proxy-Uri and Proxy-Scheme.
  expectNone(
    &check, "a10101 d816636f61703a2f2f61", .inexpressible(.proxyURI))
  expectNone(&check, "610101 d41a636f6170", .inexpressible(.proxyScheme))
  // Uri-Host: empty, twice, impossible.
  expectNone(&check, "110101 30", .inexpressible(.uriHost))
  expectNone(&check, "410101 3168 0168", .inexpressible(.uriHost))
  expectNone(&check, "d1f50101 3df3{68*256}", .inexpressible(.uriHost))
  expectNone(&check, "210101 3120", .malformed(.invalidHost))
  expectNone(&check, "310101 326800", .malformed(.invalidHost))
  expectNone(&check, "a10101 393232342e302e302e31", .malformed(.multicastHost))
  expectNone(&check, "810101 37666630323a3a31", .malformed(.multicastHost))
  // An address that goes on: with a zone, a port, a path.
  expectNone(&check, "a10101 39666538303a3a312531", .malformed(.invalidIPv6Address))
  expectNone(&check, "910101 385b3a3a315d3a3830", .malformed(.invalidIPv6Address))
  expectNone(&check, "810101 375b3a3a315d2f70", .malformed(.invalidIPv6Address))
  expectNone(&check, "410101 33683a31", .malformed(.invalidIPv6Address))
  expectNone(&check, "210101 313a", .malformed(.invalidIPv6Address))
  // Uri-Port.
  expectNone(&check, "410101 73000050", .inexpressible(.uriPort))
  expectNone(&check, "410101 7150 0150", .inexpressible(.uriPort))
  // Uri-Path and Uri-Query.
  expectNone(&check, "210101 b12e", .malformed(.dotSegment))
  expectNone(&check, "510101 b161 022e2e", .malformed(.dotSegment))
  expectNone(&check, "110101 b0", .inexpressible(.uriPath))
  expectNone(&check, "310101 b0 4161", .inexpressible(.uriPath))
  expectNone(&check, "d1f50101 bdf3{70*256}", .inexpressible(.uriPath))
  expectNone(&check, "d1f60101 dd02f3{71*256}", .inexpressible(.uriQuery))
}

// The caller's part: a destination that no URI can have.
func composition_destinationOfNoURI_isMalformed(_ check: inout Checker) {
  expectNone(&check, "010101", .malformed(.missingHost), sentTo: Destination(address: ""))
  expectNone(
    &check, "010101", .malformed(.invalidIPv6Address),
    sentTo: Destination(address: "fe80::1%eth0"))
  expectNone(&check, "010101", .malformed(.multicastHost), sentTo: Destination(address: "224.0.0.1"))
  expectNone(&check, "010101", .malformed(.missingHost), sentTo: Destination(defaultHost: ""))
}

func composition_memory_isUsedToTheLastByte(_ check: inout Checker) {
  // coap+tcp://h:7/%C3/?%26
  let bytes = ByteStore(.vector, hex: "910101 3168 4107 41c3 00 4126")
  var reader = MessageReader(bytes.bytes)
  guard let message = reader.next() else { return check.fail("no message") }
  let uri: StaticString = "coap+tcp://h:7/%C3/?%26"
  let memory = unsafe Region.toClient.bytes(32)
  for capacity in 0...uri.utf8CodeUnitCount + 1 {
    unsafe memory.update(repeating: 0x21)
    var space = unsafe Region.toClient.bytes(capacity).mutableSpan
    do throws(URICompositionError) {
      let count = try compose(message, sentTo: Destination(), into: &space)
      check.expect(capacity >= uri.utf8CodeUnitCount, "more than there is room for")
      check.expect(space.span.extracting(first: count).isEqual(to: uri), "another URI")
    } catch {
      check.expect(error == .doesNotFit && capacity < uri.utf8CodeUnitCount, "another error")
    }
    for index in capacity..<32 {
      check.expect(unsafe memory[index] == 0x21, "wrote behind its memory")
    }
  }
}
