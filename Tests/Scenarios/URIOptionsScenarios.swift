import DeviceCore

// What the vectors of group U leave out of the way from a URI to the options of a request.

/// - Parameter host: the address or name that the peer takes for granted.
@inline(never)
private func expectOptions(
  _ check: inout Checker, _ text: StaticString, _ host: StaticString, _ port: UInt16,
  _ message: StaticString, line: UInt32 = #line
) {
  check.subject = text
  var request = ByteStore(.toServer)
  request.storeRequest(text.bytes, to: Destination(address: host, port: port))
  expectMessage(&check, request, message, line: line)
  check.subject = ""
}

private func expectMessage(
  _ check: inout Checker, _ request: ByteStore, _ message: StaticString, line: UInt32
) {
  var matcher = TextMatcher(message)
  describe(request.bytes, maxMessageSize: .max, maxTokenLength: 8, to: &matcher)
  check.expect(matcher.isComplete, "other options", line: line)
}

// RFC 7252 section 6.4 steps 5 and 6.
func uriOptions_connectionElsewhere_nameHostAndPort(_ check: inout Checker) {
  expectOptions(
    &check, "coap+tcp://192.0.2.1:61616/x", "192.0.2.2", 5683,
    "0.01 T:50000000 O:3=3139322e302e322e31,7=f0b0,11=78 P:0")
  expectOptions(
    &check, "coap+tcp://[2001:DB8::1]/", "2001:db8::2", 5683, "0.01 T:50000000 O:3=323030313a6462383a3a31 P:0"
  )
  expectOptions(
    &check, "coaps+tcp://example.org/", "example.com", 5684, "0.01 T:50000000 O:3=6578616d706c652e6f7267 P:0")
}

// X-46 AMB 13: addresses by value, names without case and final dot.
func uriOptions_sameHostWrittenOtherwise_leaveItOut(_ check: inout Checker) {
  expectOptions(
    &check, "coap+tcp://[2001:DB8::1]/", "2001:db8:0:0:0:0:0:1", 5683, "0.01 T:50000000 O:- P:0")
  expectOptions(
    &check, "coaps+tcp://Example.ORG./", "example.org", 5684, "0.01 T:50000000 O:- P:0")
  expectOptions(
    &check, "coaps+tcp://example.org/", "EXAMPLE.org.", 5684, "0.01 T:50000000 O:- P:0")
  expectOptions(
    &check, "coap+tcp://EX%41mple.%6eet/", "192.0.2.7", 5683, "0.01 T:50000000 O:3=6578616d706c652e6e6574 P:0"
  )
}

//
func uriOptions_percentEncoding_isDecodedOnce(_ check: inout Checker) {
  expectOptions(
    &check, "coap+ws://127.0.0.1/%2525?%2525", "127.0.0.1", 80, "0.01 T:50000000 O:11=253235,15=253235 P:0")
  expectOptions(
    &check, "coap+tcp://127.0.0.1/%2f%2F?%26", "127.0.0.1", 5683, "0.01 T:50000000 O:11=2f2f,15=26 P:0")
  expectOptions(
    &check, "coap+tcp://127.0.0.1/%00%ff", "127.0.0.1", 5683, "0.01 T:50000000 O:11=00ff P:0")
}

// X-46 X-47
func uriOptions_pathAndQuery_areSplit(_ check: inout Checker) {
  expectOptions(
    &check, "coap+tcp://127.0.0.1", "127.0.0.1", 5683, "0.01 T:50000000 O:- P:0")
  expectOptions(
    &check, "coap+tcp://127.0.0.1?", "127.0.0.1", 5683, "0.01 T:50000000 O:15= P:0")
  expectOptions(
    &check, "coap+tcp://127.0.0.1?a&&b", "127.0.0.1", 5683, "0.01 T:50000000 O:15=61,15=,15=62 P:0")
  expectOptions(
    &check, "coap+tcp://127.0.0.1/a/", "127.0.0.1", 5683, "0.01 T:50000000 O:11=61,11= P:0")
  expectOptions(
    &check, "coap+tcp://127.0.0.1/...", "127.0.0.1", 5683, "0.01 T:50000000 O:11=2e2e2e P:0")
}

//
func uriOptions_of255Bytes_areTaken(_ check: inout Checker) {
  var text = ByteStore(.vector)
  text.append(text: "coap+tcp://192.0.2.7/")
  for _ in 0..<255 { text.append(text: "%4a") }
  text.append(0x2f)
  text.append(0x4a, repeated: 255)
  text.append(0x3f)
  for _ in 0..<255 { text.append(text: "%4A") }
  var request = ByteStore(.toServer)
  request.storeRequest(text.bytes, to: Destination())
  expectMessage(
    &check, request, "0.01 T:50000000 O:11={4a*255},11={4a*255},15={4a*255} P:0", line: #line)
}

// RFC 7641 section 2: Observe has its place between Uri-Host and Uri-Path.
func uriOptions_withObserve_areInOrder(_ check: inout Checker) {
  expectObserved(
    &check, "coap+tcp://h/a?b", nil, "0.01 T:50000000 O:3=68,11=61,15=62 P:0")
  expectObserved(
    &check, "coap+tcp://h/a?b", 0, "0.01 T:50000000 O:3=68,6=,11=61,15=62 P:0")
  expectObserved(
    &check, "coaps+tcp://h/a", 1, "0.01 T:50000000 O:6=01,11=61 P:0")
  expectObserved(
    &check, "coap+tcp://192.0.2.7", 0xff_ffff, "0.01 T:50000000 O:6=ffffff P:0")
  // More than 24 bits: nothing was sent.
  expectObserved(&check, "coap+tcp://h", 0x100_0000, "")
}

@inline(never)
private func expectObserved(
  _ check: inout Checker, _ text: StaticString, _ observe: UInt32?, _ message: StaticString,
  line: UInt32 = #line
) {
  var request = ByteStore(.toServer)
  if let uri = try? CoAPURI(text.bytes) {
    request.storeRequest { writer throws(WriteError) in
      try uri.append(to: &writer, observe: observe)
    }
  }
  expectMessage(&check, request, message, line: line)
}
