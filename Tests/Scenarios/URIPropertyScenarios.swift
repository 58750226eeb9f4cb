import DeviceCore

// Options and URIs made at random, the same in every run: there and back gives what was there.

extension Random {
  /// Bytes of one part of a URI: mostly what needs no encoding.
  fileprivate mutating func part(_ number: OptionNumber, _ text: inout ByteStore) {
    text.removeAll()
    let kind = below(4)
    for _ in 0..<below(number == .uriHost ? 20 : 30) {
      switch kind {
      case 0: text.append(byte())
      case 1: text.append(0x20 + UInt8(truncatingIfNeeded: below(0x60)))
      // Dots, slashes and what they come with.
      case 2: text.append(0x2e + UInt8(truncatingIfNeeded: below(2)))
      default: text.append(0x61 + UInt8(truncatingIfNeeded: below(26)))
      }
    }
  }

  fileprivate mutating func destination() -> Destination {
    var destination = Destination()
    switch below(4) {
    case 0: destination.scheme = .coapTCP
    case 1: destination.scheme = .coapsTCP
    case 2: destination.scheme = .coapWS
    default: destination.scheme = .coapsWS
    }
    destination.port = oneIn(2) ? destination.scheme.defaultPort : UInt16(below(65536))
    if oneIn(2) { destination.address = "2001:db8::7" }
    if oneIn(2) { destination.defaultHost = "example.org" }
    return destination
  }
}

/// A GET with random Uri options; what the writer refuses is left out.
@inline(never)
private func randomRequest(
  _ random: inout Random, _ destination: Destination, in store: inout ByteStore
) {
  var part = ByteStore(.vector)
  store.storeRequest { writer throws(WriteError) in
    switch random.below(6) {
    case 0: try writer.append(.uriHost, "name.example")
    case 1: try writer.append(.uriHost, "192.0.2.1")
    case 2: try writer.append(.uriHost, "2001:db8:1::2.3.4.5")
    case 3:
      random.part(.uriHost, &part)
      let isHost = part.isHostInLowerCase(otherThan: destination)
      if isHost { try writer.append(.uriHost, part.bytes) }
    default: break
    }
    if random.oneIn(3) {
      let port = UInt32(random.below(65536))
      if port != UInt32(destination.port) { try writer.append(.uriPort, uint: port) }
    }
    for _ in 0..<random.below(4) {
      random.part(.uriPath, &part)
      try? writer.append(.uriPath, part.bytes)
    }
    for _ in 0..<random.below(4) {
      random.part(.uriQuery, &part)
      try writer.append(.uriQuery, part.bytes)
    }
  }
}

extension ByteStore {
  /// Whether Uri-Host can say it and would not rather leave it out.
  fileprivate func isHostInLowerCase(otherThan destination: Destination) -> Bool {
    for index in 0..<count {
      let byte = self[index]
      guard byte > 0x20, byte != 0x7f, byte != 0x3a, byte < 0x41 || byte > 0x5a else { return false }
    }
    return count > 0 && !bytes.isEqual(to: destination.impliedHost)
  }
}

// U-23 U-24 X-46 X-49
func uriProperty_optionsToURI_andBack_areTheSame(_ check: inout Checker) {
  var random = Random(seed: 20)
  var composed = 0
  for _ in 0..<1000 {
    let destination = random.destination()
    var request = ByteStore(.toServer)
    randomRequest(&random, destination, in: &request)
    guard !request.isEmpty else {
      check.fail("no request")
      continue
    }
    var text = ByteStore(.toClient)
    if let error = text.storeURI(of: request.bytes, sentTo: destination) {
      // One empty Uri-Path is what no URI says.
      check.expect(error == .inexpressible(.uriPath), "no URI")
      continue
    }
    composed += 1
    check.expect(text.isCanonical, "not in the one form")
    var again = ByteStore(.serverReceive)
    again.storeRequest(text.bytes, to: destination)
    check.expect(haveSameOptions(again.bytes, request.bytes), "other options")
  }
  check.expect(composed > 900, "hardly any URI")
}

extension ByteStore {
  /// Printable, and every percent sign in front of two digits, letters in upper case.
  fileprivate var isCanonical: Bool {
    for index in 0..<count {
      guard self[index] > 0x20, self[index] < 0x7f else { return false }
      guard self[index] == 0x25 else { continue }
      guard index + 2 < count, self[index + 1].isUpperHexDigit, self[index + 2].isUpperHexDigit
      else { return false }
    }
    return true
  }
}

extension UInt8 {
  fileprivate var isUpperHexDigit: Bool {
    self >= 0x30 && self <= 0x39 || self >= 0x41 && self <= 0x46
  }
}

/// A URI with some bytes changed, most of them for ones that mean something.
@inline(never)
private func alteredURI(_ random: inout Random, in text: inout ByteStore) {
  let characters: StaticString = "/?&%#@:[].-~!=+0123456789abcdefABCDEF%%%%2"
  let start: StaticString
  switch random.below(5) {
  case 0: start = "coap+tcp://name.example:7/a%41/b?c=%42&d"
  case 1: start = "coaps+tcp://[2001:db8::1.2.3.4]:5684//x/?y"
  case 2: start = "coap+ws://192.0.2.1/?&&%26%2f"
  case 3: start = "coaps+ws://ex%61mple.org./%2e%2E./%c3%bc/"
  default: start = "coap+tcp://192.0.2.7"
  }
  text.removeAll()
  let bytes = start.bytes
  for index in bytes.indices {
    switch random.below(30) {
    case 0: text.append(characters.bytes[random.below(characters.utf8CodeUnitCount)])
    case 1:
      text.append(characters.bytes[random.below(characters.utf8CodeUnitCount)])
      text.append(bytes[index])
    case 2: break
    default: text.append(bytes[index])
    }
  }
}

// U-04 U-23 U-24 X-46 X-50: whatever is taken for a URI has options, and these make a URI that says the same.
func uriProperty_uriToOptions_andBack_saysTheSame(_ check: inout Checker) {
  var random = Random(seed: 21)
  var accepted = 0
  for _ in 0..<4000 {
    var text = ByteStore(.vector)
    alteredURI(&random, in: &text)
    guard let uri = try? CoAPURI(text.bytes) else { continue }
    accepted += 1
    var destination = random.destination()
    // A request goes to a connection with the scheme of its URI.
    destination.scheme = uri.scheme
    var request = ByteStore(.toServer)
    request.storeRequest(text.bytes, to: destination)
    var again = ByteStore(.toClient)
    check.expect(again.storeURI(of: request.bytes, sentTo: destination) == nil, "no URI")
    var requestAgain = ByteStore(.serverReceive)
    requestAgain.storeRequest(again.bytes, to: destination)
    check.expect(!request.isEmpty && !requestAgain.isEmpty, "no request")
    check.expect(haveSameOptions(requestAgain.bytes, request.bytes), "other options")
    var third = ByteStore(.serverTransmit)
    check.expect(third.storeURI(of: requestAgain.bytes, sentTo: destination) == nil, "no URI")
    check.expect(third.bytes.isEqual(to: again.bytes), "not the one form")
  }
  check.expect(accepted > 500, "hardly any URI")
}
