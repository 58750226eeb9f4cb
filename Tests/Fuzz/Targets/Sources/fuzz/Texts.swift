import CIndependentDecoder

@testable import DeviceCore
@testable import Scenarios

// Doors 8 and 9: URIs and the filter of links.

func fuzzURI(_ tape: inout Tape) {
  let choice = tape.byte()
  var destination = Destination()
  destination.port = choice & 1 == 0 ? 5683 : 80
  if choice & 2 != 0 { destination.address = "2001:db8::7" }
  if choice & 4 != 0 { destination.defaultHost = "example.org" }
  if choice & 8 == 0 {
    fuzzText(tape.rest.extracting(first: min(tape.count, 2000)), &destination)
  } else {
    switch choice >> 4 & 3 {
    case 0: destination.scheme = .coapTCP
    case 1: destination.scheme = .coapsTCP
    case 2: destination.scheme = .coapWS
    default: destination.scheme = .coapsWS
    }
    fuzzURIOptions(tape.rest.extracting(first: min(tape.count, 1500)), destination)
  }
}

/// A URI: its options make a URI that says the same.
@inline(never)
private func fuzzText(_ text: Span<UInt8>, _ destination: inout Destination) {
  guard let uri = try? CoAPURI(text) else { return }
  destination.scheme = uri.scheme
  var host = InlineArray<255, UInt8>(repeating: 0)
  var space = host.mutableSpan
  guard let count = uri.copyHost(into: &space), count > 0 else { violate("has a host that is too long") }
  require(uri.isHost(space.span.extracting(first: count)), "is not its own host")
  var request = ByteStore(.toServer)
  request.storeRequest(text, to: destination)
  // Longer ones do not fit into a message.
  guard !request.isEmpty else { return require(text.count > 900, "has no options") }
  var again = ByteStore(.toClient)
  if let error = again.storeURI(of: request.bytes, sentTo: destination) {
    return require(error == .doesNotFit && text.count > 600, "has options that make no URI")
  }
  var requestAgain = ByteStore(.serverReceive)
  requestAgain.storeRequest(again.bytes, to: destination)
  require(haveSameOptions(requestAgain.bytes, request.bytes), "has other options when it is written again")
  var third = ByteStore(.serverTransmit)
  require(third.storeURI(of: requestAgain.bytes, sentTo: destination) == nil, "makes no URI again")
  require(third.bytes.isEqual(to: again.bytes), "is not in its one form")
}

/// Options: the URI that they make has the same ones, beside hosts and ports that go without saying.
@inline(never)
private func fuzzURIOptions(_ body: Span<UInt8>, _ destination: Destination) {
  var composer = Composer()
  composer.append(body)
  let request = composer.message(0x01, in: .toServer)
  var text = ByteStore(.toClient)
  guard text.storeURI(of: request.bytes, sentTo: destination) == nil else { return }
  let bytes = text.bytes
  for index in bytes.indices {
    require(bytes[index] > 0x20 && bytes[index] < 0x7f, "writes a URI with a byte that no URI has")
  }
  guard let uri = try? CoAPURI(bytes) else { violate("composes what it does not read") }
  require(uri.scheme == destination.scheme, "composes another scheme")
  var again = ByteStore(.serverReceive)
  again.storeRequest(bytes, to: destination)
  guard !again.isEmpty else { return require(bytes.count > 900, "composes what has no options") }
  var second = ByteStore(.serverTransmit)
  require(second.storeURI(of: again.bytes, sentTo: destination) == nil, "composes it once only")
  require(second.bytes.isEqual(to: bytes), "composes another URI")
  var readers = (one: MessageReader(request.bytes), other: MessageReader(again.bytes))
  guard let first = readers.one.next(), let other = readers.other.next() else { violate("is no message") }
  requireSame(.uriPath, first, other)
  requireSame(.uriQuery, first, other)
}

private func requireSame(_ number: OptionNumber, _ one: borrowing Message, _ other: borrowing Message) {
  var options = one.options
  var others = other.options
  while let option = next(number, &options) {
    guard let same = next(number, &others) else { violate("composes fewer parts") }
    require(option.value.isEqual(to: same.value), "composes another part")
  }
  require(next(number, &others) == nil, "composes more parts")
}

@_lifetime(copy options)
private func next(_ number: OptionNumber, _ options: inout MessageOptions) -> MessageOption? {
  while let option = options.next() {
    if option.number == number { return option }
  }
  return nil
}

// MARK: Links

/// A resource that is nothing but its link.
private struct Linked: Resource {
  let path: StaticString
  let attributes: LinkAttributes

  init(_ path: StaticString, _ attributes: LinkAttributes = LinkAttributes()) {
    self.path = path
    self.attributes = attributes
  }
}

/// The same links as the independent filter has them, and what is written of each.
nonisolated(unsafe) private var expectedLinks: InlineArray<4, (target: link_target, text: StaticString)> = [
  (
    unsafe link(
      "lamp", type: "light color", interface: "core.a", title: "A lamp", formats: "0 112", isObservable: 1),
    "</lamp>;rt=\"light color\";if=\"core.a\";title=\"A lamp\";ct=\"0 112\";obs"
  ),
  (unsafe link("log/old", type: "text", size: "4096"), "</log/old>;rt=\"text\";sz=4096"),
  (unsafe link(""), "</>"),
  (unsafe link("l", type: "l li lig", title: "l li"), "</l>;rt=\"l li lig\";title=\"l li\""),
]

private func link(
  _ path: StaticString, type: StaticString? = nil, interface: StaticString? = nil, title: StaticString? = nil,
  formats: StaticString? = nil, size: StaticString? = nil, isObservable: CInt = 0
) -> link_target {
  unsafe link_target(
    path: characters(path)!, resource_type: characters(type), interface_description: characters(interface),
    title: characters(title), content_formats: characters(formats), size: characters(size),
    is_observable: isObservable)
}

private func characters(_ text: StaticString?) -> UnsafePointer<CChar>? {
  guard let text else { return nil }
  return unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

func fuzzLinks(_ tape: inout Tape) {
  var resources = Resources {
    Linked(
      "lamp",
      LinkAttributes(
        resourceType: "light color", interface: "core.a", title: "A lamp", contentFormats: "0 112",
        isObservable: true))
    Linked("log/old", LinkAttributes(resourceType: "text", maximumSize: 4096))
    Linked("")
    Linked("l", LinkAttributes(resourceType: "l li lig", title: "l li"))
  }
  let isSplit = tape.flag()
  let query = tape.rest.extracting(first: min(tape.count, 200))
  var composer = Composer()
  composer.add(11, (".well-known" as StaticString).bytes)
  composer.add(11, ("core" as StaticString).bytes)
  var start = 0
  var queryCount = 0
  for index in 0...query.count where index == query.count || isSplit && query[index] == 0x26 {
    composer.add(15, query.extracting(start..<index))
    start = index + 1
    queryCount += 1
  }
  var end = TestEnd()
  let request = composer.message(0x01, token: "01")
  end.feed(request.bytes, serving: &resources)
  var expected = ByteStore(.vector)
  for index in 0..<4 {
    let isShown = unsafe query.withUnsafeBufferPointer { bytes in
      var none: UInt8 = 0
      guard let start = bytes.baseAddress, queryCount == 1 else {
        return unsafe link_is_shown(&expectedLinks[index].target, &none, 0)
      }
      return unsafe link_is_shown(&expectedLinks[index].target, start, bytes.count)
    }
    guard isShown != 0 else { continue }
    if !expected.isEmpty { expected.append(0x2c) }
    expected.append(text: unsafe expectedLinks[index].text)
  }
  var reader = MessageReader(end.output.bytes)
  guard let message = reader.next() else { violate("does not answer") }
  require(message.code == .content, "does not answer 2.05")
  require(message.firstOption(.contentFormat)?.uint == 40, "does not answer with links")
  require(message.payload.isEqual(to: expected.bytes), "shows other links")
}
