import DeviceCore

/// One row of group U: a URI and the options of a request for it.
struct URIVector {
  /// Such as `V-U05`.
  var id: StaticString
  var scheme: URIScheme
  /// Numeric, where the connection goes to.
  var address: StaticString
  var port: UInt16
  /// From SNI or the Host header.
  var defaultHost: StaticString?
  var uri: StaticString
  /// What the options make again.
  var composed: StaticString
  /// The request in hexadecimal.
  var request: StaticString

  var destination: Destination {
    Destination(scheme: scheme, address: address, port: port, defaultHost: defaultHost)
  }
}

/// What a connection goes to.
struct Destination {
  var scheme = URIScheme.coapTCP
  var address: StaticString = "192.0.2.7"
  var port: UInt16 = 5683
  var defaultHost: StaticString?

  /// What Uri-Host is when it is not said.
  var impliedHost: StaticString { defaultHost ?? address }
}

extension ByteStore {
  mutating func append(text: StaticString) { append(text.bytes) }

  /// Holds the GET for this URI on a connection to `destination`; nothing when it is no URI.
  ///
  /// - Parameter text: not in the regions of input and output.
  @inline(never)
  mutating func storeRequest(_ text: Span<UInt8>, to destination: Destination) {
    removeAll()
    guard let uri = try? CoAPURI(text) else { return }
    let isDefault = uri.isHost(destination.impliedHost.bytes)
    storeRequest { writer throws(WriteError) in
      try uri.appendHost(to: &writer, isDefault: isDefault)
      try uri.appendPort(to: &writer, destination: destination.port)
      try uri.appendPath(to: &writer)
      try uri.appendQuery(to: &writer)
    }
  }

  /// Holds the GET that `write` makes, with token 50000000; nothing when it was refused.
  @inline(never)
  mutating func storeRequest(_ write: (inout MessageWriter) throws(WriteError) -> Void) {
    removeAll()
    var end = TestEnd(
      .initiator, slot: .client, sizes: Sizes(transmit: 4096), peerCSM: TestEnd.boundlessCSM)
    guard end.send(.get, write) == nil else { return }
    end.run()
    append(end.output.bytes)
  }

  /// Holds the URI of this request, which went to `destination`; nothing when there is none.
  @inline(never)
  mutating func storeURI(
    of request: Span<UInt8>, sentTo destination: Destination
  ) -> URICompositionError? {
    removeAll()
    var reader = MessageReader(request)
    guard let message = reader.next() else { return .doesNotFit }
    var text = InlineArray<2048, UInt8>(repeating: 0)
    var space = text.mutableSpan
    do throws(URICompositionError) {
      let count = try compose(message, sentTo: destination, into: &space)
      append(text.span.extracting(first: count))
      return nil
    } catch {
      return error
    }
  }
}

func compose(
  _ message: borrowing Message, sentTo destination: Destination,
  into space: inout MutableSpan<UInt8>
) throws(URICompositionError) -> Int {
  var defaultHost: Span<UInt8>?
  if let host = destination.defaultHost { defaultHost = host.bytes }
  return try CoAPURI.compose(
    message, scheme: destination.scheme, address: destination.address.bytes,
    port: destination.port, defaultHost: defaultHost, into: &space)
}

/// Whether two requests have the same options.
@inline(never)
func haveSameOptions(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
  var readers = (one: MessageReader(one), other: MessageReader(other))
  guard let first = readers.one.next(), let second = readers.other.next() else { return false }
  var options = first.options
  var otherOptions = second.options
  while let option = options.next() {
    guard let other = otherOptions.next(), other.number == option.number,
      other.value.isEqual(to: option.value)
    else { return false }
  }
  return otherOptions.next() == nil
}
