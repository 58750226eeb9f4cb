import DeviceCore

// Which texts are URIs of CoAP over TCP, TLS and WebSockets, and which are not.

private func error(_ text: Span<UInt8>) -> URIError? {
  do throws(URIError) {
    _ = try CoAPURI(text)
    return nil
  } catch {
    return error
  }
}

@inline(never)
private func expectRefused(
  _ check: inout Checker, _ text: StaticString, _ fault: URIFault, _ offset: Int,
  line: UInt32 = #line
) {
  check.subject = text
  let found = error(text.bytes)
  check.expect(found?.fault == fault, "another fault, or none", line: line)
  check.expect(found?.offset == offset, "found elsewhere", line: line)
  check.expect((found?.fault.text.utf8CodeUnitCount ?? 0) > 0, "no text for a person", line: line)
  check.subject = ""
}

@inline(never)
private func expectAuthority(
  _ check: inout Checker, _ text: StaticString, _ host: StaticString, _ form: CoAPURI.HostForm,
  _ port: UInt16, line: UInt32 = #line
) {
  check.subject = text
  if let uri = try? CoAPURI(text.bytes) {
    var bytes = InlineArray<255, UInt8>(repeating: 0)
    var space = bytes.mutableSpan
    let count = uri.copyHost(into: &space) ?? 0
    check.expect(bytes.span.extracting(first: count).isEqual(to: host), "another host", line: line)
    check.expect(uri.hostForm == form, "another form", line: line)
    check.expect(uri.port == port, "another port", line: line)
  } else {
    check.fail("refused", line: line)
  }
  check.subject = ""
}

// U-01 U-23 I-04
func uri_scheme_isOneOfFour(_ check: inout Checker) {
  expectRefused(&check, "", .missingScheme, 0)
  expectRefused(&check, "127.0.0.1/x", .missingScheme, 0)
  expectRefused(&check, "127.0.0.1:5683/x", .missingScheme, 0)
  expectRefused(&check, "/x", .missingScheme, 0)
  expectRefused(&check, "//host/x", .missingScheme, 0)
  expectRefused(&check, "://host/x", .missingScheme, 0)
  expectRefused(&check, "coap+tcp", .missingScheme, 0)
  expectRefused(&check, " coap+tcp://h/", .missingScheme, 0)
  expectRefused(&check, "coap://h/", .unknownScheme, 0)
  expectRefused(&check, "coaps://h/", .unknownScheme, 0)
  expectRefused(&check, "http://h/", .unknownScheme, 0)
  expectRefused(&check, "coap+wss://h/", .unknownScheme, 0)
  expectRefused(&check, "localhost:5683/x", .unknownScheme, 0)
}

// U-01 U-05 U-06 U-07 I-03
func uri_schemeInAnyCase_hasItsPortAndTransport(_ check: inout Checker) {
  expectScheme(&check, "coap+TCP://h", .coapTCP, "coap+tcp", 5683, secured: false, webSocket: false)
  expectScheme(&check, "CoAPs+tcp://h", .coapsTCP, "coaps+tcp", 5684, secured: true, webSocket: false)
  expectScheme(&check, "Coap+ws://h", .coapWS, "coap+ws", 80, secured: false, webSocket: true)
  expectScheme(&check, "COAPS+WS://h", .coapsWS, "coaps+ws", 443, secured: true, webSocket: true)
}

@inline(never)
private func expectScheme(
  _ check: inout Checker, _ text: StaticString, _ scheme: URIScheme, _ name: StaticString,
  _ port: UInt16, secured: Bool, webSocket: Bool, line: UInt32 = #line
) {
  guard let uri = try? CoAPURI(text.bytes) else { return check.fail("refused", line: line) }
  check.expect(uri.scheme == scheme && uri.port == port, "another scheme", line: line)
  check.expect(scheme.name.bytes.isEqual(to: name), "another name", line: line)
  check.expect(
    scheme.isSecured == secured && scheme.isWebSocket == webSocket, "another transport", line: line)
}

// U-04 X-45
func uri_host_isThereAndLegal(_ check: inout Checker) {
  expectRefused(&check, "coap+tcp:", .missingHost, 9)
  expectRefused(&check, "coap+tcp:/", .missingHost, 9)
  expectRefused(&check, "coap+tcp:h/x", .missingHost, 9)
  expectRefused(&check, "coap+tcp://", .missingHost, 11)
  expectRefused(&check, "coap+tcp:///x", .missingHost, 11)
  expectRefused(&check, "coap+tcp://:5683/x", .missingHost, 11)
  expectRefused(&check, "coap+tcp://?x", .missingHost, 11)
  expectRefused(&check, "coap+tcp://user@h/", .userInformation, 11)
  expectRefused(&check, "coap+tcp://@h/", .userInformation, 11)
  expectRefused(&check, "coap+tcp://user:secret@h:5683/", .userInformation, 11)
  expectRefused(&check, "coap+tcp://h h/", .invalidHost, 12)
  expectRefused(&check, "coap+tcp://h%20h/", .invalidHost, 12)
  expectRefused(&check, "coap+tcp://h%00/", .invalidHost, 12)
  expectRefused(&check, "coap+tcp://grüße/", .invalidHost, 13)
  expectRefused(&check, "coap+tcp://h]/", .invalidHost, 12)
  expectRefused(&check, "coap+tcp://[::1]h/", .invalidHost, 16)
  expectRefused(&check, "coap+tcp://h%4/", .invalidPercentEncoding, 12)
  // What hides an address is none.
  expectRefused(&check, "coap+tcp://fe80%3A%3A1%25eth0/", .invalidHost, 15)
  expectRefused(&check, "coap+tcp://22%34.0.1.187/", .invalidHost, 11)
  expectRefused(&check, "coap+tcp://127%2e0.0.1/", .invalidHost, 11)
}

// U-02
func uri_address_isOfOneMachine(_ check: inout Checker) {
  expectRefused(&check, "coap+tcp://[::1/x", .invalidIPv6Address, 11)
  expectRefused(&check, "coap+tcp://[]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[127.0.0.1]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[v1.x]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[fe80::1%eth0]/", .zoneIdentifier, 19)
  expectRefused(&check, "coap+tcp://[::1%25]/", .zoneIdentifier, 15)
  expectRefused(&check, "coap+tcp://[fe80::1%25eth0]/", .zoneIdentifier, 19)
  expectRefused(&check, "coap+tcp://224.0.1.187/", .multicastHost, 11)
  expectRefused(&check, "coap+tcp://239.255.255.255/", .multicastHost, 11)
  expectRefused(&check, "coap+tcp://[ff02::fd]/", .multicastHost, 12)
  expectRefused(&check, "coap+tcp://[ff0e::1]:5683/x", .multicastHost, 12)
}

func uri_noIPv6AddressInBrackets_isRefused(_ check: inout Checker) {
  expectRefused(&check, "coap+tcp://[:]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[:::]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1:2:3:4:5:6:7]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1:2:3:4:5:6:7:8:9]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1:2:3:4:5:6:7:8::]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::1::]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1::2::3]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[12345::]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::g]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1:]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[:1]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::1:]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1.2.3.4::]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::1.2.3]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::1.2.3.4.5]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::256.1.1.1]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1:2:3:4:5:6:7:1.2.3.4]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::1.2.3.4:1]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[1::2:3:4:5:6:7:8]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::1:2:3:4:5:6:7:8]/", .invalidIPv6Address, 12)
  expectRefused(&check, "coap+tcp://[::01.2.3.4]/", .invalidIPv6Address, 12)
}

// U-05
func uri_port_isANumberOf16Bits(_ check: inout Checker) {
  expectRefused(&check, "coap+tcp://h:65536/", .invalidPort, 13)
  expectRefused(&check, "coap+tcp://h:4294967297/", .invalidPort, 13)
  expectRefused(&check, "coap+tcp://h:abc/", .invalidPort, 13)
  expectRefused(&check, "coap+tcp://h:1:2/", .invalidPort, 14)
  expectRefused(&check, "coap+tcp://[::1]:-1/", .invalidPort, 17)
}

// U-04 X-46
func uri_pathAndQuery_areLegal(_ check: inout Checker) {
  expectRefused(&check, "coap+tcp://h/a b", .invalidCharacter, 14)
  expectRefused(&check, "coap+tcp://h/ü", .invalidCharacter, 13)
  expectRefused(&check, "coap+tcp://h/a[b", .invalidCharacter, 14)
  expectRefused(&check, "coap+tcp://h/?a\"b", .invalidCharacter, 15)
  expectRefused(&check, "coap+tcp://h/%", .invalidPercentEncoding, 13)
  expectRefused(&check, "coap+tcp://h/?a[b", .invalidCharacter, 15)
  expectRefused(&check, "coap+tcp://h/%4", .invalidPercentEncoding, 13)
  expectRefused(&check, "coap+tcp://h/a%4/1", .invalidPercentEncoding, 14)
  expectRefused(&check, "coap+tcp://h/%zz", .invalidPercentEncoding, 13)
  expectRefused(&check, "coap+tcp://h/?%f", .invalidPercentEncoding, 14)
  expectRefused(&check, "coap+tcp://h/.", .dotSegment, 13)
  expectRefused(&check, "coap+tcp://h/a/../b", .dotSegment, 15)
  expectRefused(&check, "coap+tcp://h/%2e%2E", .dotSegment, 13)
  expectRefused(&check, "coap+tcp://h/#", .fragment, 13)
  expectRefused(&check, "coap+tcp://h/x#y", .fragment, 14)
  expectRefused(&check, "coap+tcp://h/?x#y", .fragment, 15)
  expectRefused(&check, "coap+tcp://h#y", .fragment, 12)
}

// U-05 U-06 U-07 X-50
func uri_authority_isTakenApart(_ check: inout Checker) {
  expectAuthority(&check, "coap+tcp://h", "h", .name, 5683)
  expectAuthority(&check, "coap+tcp://h:", "h", .name, 5683)
  expectAuthority(&check, "coap+tcp://h:0", "h", .name, 0)
  expectAuthority(&check, "coap+tcp://h:00065535/x", "h", .name, 65535)
  expectAuthority(&check, "COAP+TCP://Host/", "host", .name, 5683)
  expectAuthority(&check, "coap+tcp://a_b~c!$&'()*+,;=/", "a_b~c!$&'()*+,;=", .name, 5683)
  expectAuthority(&check, "coap+tcp://1.2.3/", "1.2.3", .name, 5683)
  expectAuthority(&check, "coap+tcp://256.1.1.1/", "256.1.1.1", .name, 5683)
  expectAuthority(&check, "coap+tcp://01.1.1.1/", "01.1.1.1", .name, 5683)
  expectAuthority(&check, "coap+tcp://0.0.0.0/", "0.0.0.0", .ipv4, 5683)
  expectAuthority(&check, "coap+tcp://255.255.255.255:1/", "255.255.255.255", .ipv4, 1)
  expectAuthority(&check, "coap+tcp://[::]/", "::", .ipv6, 5683)
  expectAuthority(&check, "coap+tcp://[::1]:7/", "::1", .ipv6, 7)
  expectAuthority(&check, "coap+tcp://[1:2:3:4:5:6:7::]", "1:2:3:4:5:6:7::", .ipv6, 5683)
  expectAuthority(&check, "coap+tcp://[::ffff:192.0.2.1]", "::ffff:192.0.2.1", .ipv6, 5683)
  expectAuthority(&check, "coap+tcp://[1:2:3:4:5:6:7:8]:", "1:2:3:4:5:6:7:8", .ipv6, 5683)
  expectAuthority(&check, "coap+tcp://%68%6F%53t%31/", "host1", .name, 5683)
  expectAuthority(&check, "coap+tcp://192.0.2.1./", "192.0.2.1.", .name, 5683)
  expectAuthority(&check, "coaps+tcp://example.org", "example.org", .name, 5684)
  expectAuthority(&check, "coap+ws://[2001:DB8::1]/", "2001:db8::1", .ipv6, 80)
  expectAuthority(&check, "coaps+ws://example.org:/", "example.org", .name, 443)
}

// X-19: what Uri-Host, Uri-Path and Uri-Query hold.
func uri_parts_ofMoreThan255Bytes_areRefused(_ check: inout Checker) {
  for count in 255...256 {
    let isLong = count > 255
    expectFault(&check, "coap+tcp://", count, "h", isLong ? .hostTooLong : nil)
    expectFault(&check, "coap+tcp://", count, "%68", isLong ? .hostTooLong : nil)
    expectFault(&check, "coap+tcp://h/", count, "p", isLong ? .segmentTooLong : nil)
    expectFault(&check, "coap+tcp://h/p/", count, "%70", isLong ? .segmentTooLong : nil)
    expectFault(&check, "coap+tcp://h?", count, "q", isLong ? .argumentTooLong : nil)
    expectFault(&check, "coap+tcp://h/?q&", count, "%71", isLong ? .argumentTooLong : nil)
  }
}

@inline(never)
private func expectFault(
  _ check: inout Checker, _ start: StaticString, _ count: Int, _ part: StaticString,
  _ fault: URIFault?, line: UInt32 = #line
) {
  var text = ByteStore(.vector)
  text.append(start.bytes)
  for _ in 0..<count { text.append(part.bytes) }
  check.expect(error(text.bytes)?.fault == fault, "another fault, or none", line: line)
}

func uri_everyPrefixWithEveryByte_neverTraps(_ check: inout Checker) {
  let whole: StaticString = "coap+tcp://[2001:db8::1.2.3.4]:5683/a%41/b?c=%42&d#e"
  let bytes = whole.bytes
  var accepted = 0
  for count in 0...bytes.count {
    for byte in UInt8.min...UInt8.max {
      var text = ByteStore(.vector)
      text.append(bytes.extracting(first: count))
      if error(text.bytes) == nil { accepted += 1 }
      text.append(byte)
      if error(text.bytes) == nil { accepted += 1 }
      text.append(bytes.extracting(droppingFirst: count))
      if let error = error(text.bytes) {
        check.expect(error.offset >= 0 && error.offset <= text.count, "a fault outside of the text")
      } else {
        accepted += 1
      }
    }
  }
  check.expect(accepted > 1000, "nearly nothing is a URI")
}
