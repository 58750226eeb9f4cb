import CFuzz
import DeviceCore

@testable import Scenarios

nonisolated(unsafe) private var expected = reference_message()

/// The same verdict as the decoder that was written from the RFC, and the same fields.
func fuzzDifferential(_ input: inout Input, _ check: inout Checker) {
  let longest = [0 as UInt32, 8, 12, 20, 300, 65804][input.below(6)]
  let bytes = input.rest
  var at = 0
  while at < bytes.count {
    let rest = UnsafeBufferPointer(rebasing: bytes[at...])
    let result = reference_decode(rest.baseAddress, rest.count, max(longest, 8), &expected)
    guard compare(rest, max(longest, 8), result, &check) else { return }
    at += Int(expected.size)
  }
}

/// - Returns: whether another message may follow.
private func compare(
  _ bytes: UnsafeBufferPointer<UInt8>, _ longest: UInt32, _ result: reference_result, _ check: inout Checker
) -> Bool {
  do throws(FormatError) {
    let progress = try FrameHeader.parse(bytes.span, maximumTokenByteCount: Int(longest))
    guard case .complete(let header) = progress else {
      check.expect(result == REFERENCE_INCOMPLETE, "incomplete for us alone")
      return false
    }
    check.expect(result != REFERENCE_BAD_TOKEN_LENGTH, "a token length that is none")
    check.expect(UInt64(header.messageByteCount) == min(expected.size, UInt64(UInt32.max)), "another size")
    guard expected.size <= UInt64(bytes.count) else {
      check.expect(result == REFERENCE_INCOMPLETE, "an error in a message that is not there")
      return false
    }
    let message = try Message(bytes.span.extracting(first: Int(header.messageByteCount)), header: header)
    check.expect(result == REFERENCE_COMPLETE, "read, although it is malformed")
    compare(message, bytes, &check)
    return result == REFERENCE_COMPLETE
  } catch {
    // A fault may be told before all bytes are there.
    check.expect(result != REFERENCE_COMPLETE, "refused, although it is in order")
    return false
  }
}

private func compare(
  _ message: borrowing Message, _ bytes: UnsafeBufferPointer<UInt8>, _ check: inout Checker
) {
  func isEqual(_ part: Span<UInt8>, _ offset: UInt32, _ length: UInt32) -> Bool {
    part.isEqual(to: UnsafeBufferPointer(rebasing: bytes[Int(offset)..<Int(offset + length)]).span)
  }
  check.expect(message.code.rawValue == expected.code, "another code")
  check.expect(isEqual(message.token, expected.token_offset, expected.token_length), "another token")
  check.expect(isEqual(message.payload, expected.payload_offset, expected.payload_length), "another payload")
  var options = message.options
  var index: UInt32 = 0
  while let option = options.next() {
    if index < UInt32(REFERENCE_OPTIONS) {
      let wanted = withUnsafeBytes(of: &expected.options) {
        $0.bindMemory(to: reference_option.self)[Int(index)]
      }
      check.expect(option.number.rawValue == wanted.number, "another option")
      check.expect(isEqual(option.value, wanted.offset, wanted.length), "another value")
    }
    index += 1
  }
  check.expect(index == expected.option_count, "more or fewer options")
}

/// Any bytes as the options and payload of a message, and each value in every format.
func fuzzOptions(_ input: inout Input, _ check: inout Checker) {
  var store = ByteStore(.vector)
  let body = input.rest
  let count = min(body.count, 60_000)
  let width = RawMessage.width(count)
  store.append(UInt8((width == 0 ? count : width + 12) << 4))
  RawMessage.appendExtension(to: &store, count, width)
  store.append(Code.get.rawValue)
  store.append(UnsafeBufferPointer(rebasing: body.prefix(count)).span)
  var reader = MessageReader(store.bytes)
  guard let message = reader.next() else { return }
  var options = message.options
  var last = OptionNumber(rawValue: 0)
  while let option = options.next() {
    check.expect(option.number >= last, "not in order")
    last = option.number
    let length = option.value.count
    // What is longer than a number of 32 bits is none.
    var significant = 0
    for index in 0..<length where significant > 0 || option.value[index] != 0 { significant += 1 }
    if let number = option.uint {
      check.expect(significant <= 4, "a number of more than 32 bits")
      var value: UInt32 = 0
      for index in 0..<length { value = value << 8 | UInt32(option.value[index]) }
      check.expect(number == value, "another number")
    }
    if let rule = option.number.rule {
      check.expect(rule.minimumLength <= rule.maximumLength, "a rule without a length")
    }
    if length < 4, let first = message.firstOption(option.number) {
      check.expect(first.number == option.number, "another option")
    }
  }
  _ = message.block(.block1)
  _ = message.block(.block2)
  check.expect(message.payload.count < max(count, 1), "a payload without its marker")
}

/// Any text as a URI: what it gives as options makes a URI again that gives the same ones.
func fuzzURI(_ input: inout Input, _ check: inout Checker) {
  var destination = Destination()
  destination.scheme = [URIScheme.coapTCP, .coapsTCP, .coapWS, .coapsWS][input.below(4)]
  if input.flag() { destination.address = "2001:db8::7" }
  if input.flag() { destination.defaultHost = "example.org" }
  destination.port = input.flag() ? destination.scheme.defaultPort : 4711
  let text = input.rest
  guard let uri = try? CoAPURI(text.span) else { return }
  destination.scheme = uri.scheme
  var request = ByteStore(.toServer)
  request.storeRequest(text.span, to: destination)
  // Parts of more than 255 bytes do not fit into options, and neither does what is too long for a message.
  guard !request.isEmpty else { return check.expect(text.count > 200, "a URI without a request") }
  var composed = ByteStore(.toClient)
  if let error = composed.storeURI(of: request.bytes, sentTo: destination) {
    return check.expect(error == .doesNotFit || error == .inexpressible(.uriPath), "options without a URI")
  }
  var again = ByteStore(.serverReceive)
  again.storeRequest(composed.bytes, to: destination)
  check.expect(haveSameOptions(again.bytes, request.bytes), "other options")
}

private struct Linked: Resource {
  let path: StaticString
  let attributes: LinkAttributes
}

/// Any queries to `/.well-known/core`: an answer that is a list of links, or empty.
func fuzzLinks(_ input: inout Input, _ check: inout Checker) {
  var resources = Resources {
    Linked(
      path: "lamp",
      attributes: LinkAttributes(
        resourceType: "light color", interface: "core.a", title: "A lamp", isObservable: true))
    Linked(path: "log/old", attributes: LinkAttributes(resourceType: "text", maximumSize: 4096))
  }
  var end = TestEnd(peerCSM: TestEnd.boundlessCSM)
  var message = RawMessage(.get, "7f")
  message.add(path: ".well-known")
  message.add(path: "core")
  var queries = 0
  while !input.isEmpty, queries < 4 {
    let query = input.take(1 + input.below(60))
    message.add(15, bytes: query.span)
    queries += 1
  }
  var store = ByteStore(.input)
  message.append(to: &store)
  end.feed(store.bytes, serving: &resources)
  var reader = MessageReader(end.output.bytes)
  guard let answer = reader.next() else { return check.fail("no answer") }
  check.expect(reader.rest.count == 0, "two answers")
  guard answer.code == .content else { return check.expect(answer.code.codeClass == 4, "another code") }
  let payload = answer.payload
  check.expect(payload.count == 0 || payload[0] == 0x3c, "no link")
  check.expect(payload.count == 0 || payload[payload.count - 1] != 0x2c, "a comma at the end")
}
