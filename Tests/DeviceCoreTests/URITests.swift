import DeviceCore
import Testing

@Suite struct URITests {
  @Test(arguments: uriVectors + moreDecompositions)
  func append_isDecompositionOfRFC7252(_ row: URIDecomposition) throws {
    #expect(try decompose(row) == row.options)
  }

  @Test(arguments: uriVectors)
  func append_onConnectionToItsOwnAuthority_isTheSame(_ row: URIDecomposition) throws {
    let text = Array(row.uri.utf8)
    let uri = try CoAPURI(text.span)
    let options = try sentOptions { writer throws(WriteError) in try uri.append(to: &writer) }
    #expect(options == row.options)
  }

  @Test(arguments: refusedURIs)
  func init_malformed_saysWhatAndWhere(_ row: RefusedURI) {
    #expect(fault(of: row.uri) == row.fault)
    #expect(offset(of: row.uri) == row.offset)
  }

  @Test(arguments: uriAuthorities)
  func init_authority_isTakenApart(_ row: URIAuthority) throws {
    let text = Array(row.uri.utf8)
    let uri = try CoAPURI(text.span)
    #expect(hostText(uri) == row.host)
    #expect(uri.hostForm == row.form)
    #expect(uri.port == row.port)
  }

  @Test(arguments: noIPv6Addresses)
  func init_noIPv6AddressInBrackets_isRefused(_ address: String) {
    #expect(fault(of: "coap+tcp://[\(address)]/") == .invalidIPv6Address)
  }

  @Test(arguments: [
    (URIScheme.coapTCP, "coap+tcp", 5683, false, false),
    (.coapsTCP, "CoAPs+TCP", 5684, true, false),
    (.coapWS, "coap+ws", 80, false, true),
    (.coapsWS, "coaps+WS", 443, true, true),
  ])
  func scheme_anyCase_hasItsPortAndTransport(
    scheme: URIScheme, name: String, port: UInt16, isSecured: Bool, isWebSocket: Bool
  ) throws {
    let text = Array("\(name)://h/".utf8)
    let uri = try CoAPURI(text.span)
    #expect(uri.scheme == scheme)
    #expect(uri.port == port)
    #expect(scheme.isSecured == isSecured)
    #expect(scheme.isWebSocket == isWebSocket)
    #expect("\(scheme.name)" == name.lowercased())
  }

  @Test func segmentsAndArguments_of255Bytes_areTaken() throws {
    let long = String(repeating: "%4a", count: 255)
    let short = String(repeating: "J", count: 255)
    let row = URIDecomposition(
      uri: "coap+tcp://127.0.0.1/\(long)/\(short)?\(long)", defaultHost: "127.0.0.1",
      options: [OptionText(11, short), OptionText(11, short), OptionText(15, short)])
    #expect(try decompose(row) == row.options)
  }

  @Test func everyPrefixAndEveryByte_neverTraps() {
    let whole = Array("coap+tcp://[2001:db8::1.2.3.4]:5683/a%41/b?c=%42&d#e".utf8)
    for count in 0...whole.count {
      let prefix = Array(whole.prefix(count))
      _ = try? CoAPURI(prefix.span)
      for byte in UInt8.min...UInt8.max {
        let text = prefix + [byte] + whole.dropFirst(count)
        _ = try? CoAPURI(text.span)
      }
    }
  }
}

// MARK: Helpers

private func fault(of text: String) -> URIFault? { error(of: text)?.fault }
private func offset(of text: String) -> Int? { error(of: text)?.offset }

private func error(of text: String) -> URIError? {
  let bytes = Array(text.utf8)
  do throws(URIError) {
    _ = try CoAPURI(bytes.span)
    return nil
  } catch {
    return error
  }
}

private func hostText(_ uri: CoAPURI) -> String? {
  var bytes = [UInt8](repeating: 0, count: 255)
  var space = bytes.mutableSpan
  guard let count = uri.copyHost(into: &space) else { return nil }
  return String(decoding: bytes.prefix(count), as: UTF8.self)
}

/// The options of a request on a connection with the default host and the port of the row.
private func decompose(_ row: URIDecomposition) throws -> [OptionText] {
  let text = Array(row.uri.utf8)
  let uri = try CoAPURI(text.span)
  let defaultHost = Array(row.defaultHost.utf8)
  return try sentOptions { writer throws(WriteError) in
    try uri.appendHost(to: &writer, isDefault: uri.isHost(defaultHost.span))
    try uri.appendPort(to: &writer, destination: row.port ?? uri.port)
    try uri.appendPath(to: &writer)
    try uri.appendQuery(to: &writer)
  }
}

/// What a connection sends for a GET with these options.
private func sentOptions(
  _ write: (inout MessageWriter) throws(WriteError) -> Void
) throws -> [OptionText] {
  let start = Instant(rawValue: 0)
  let buffers = Buffers()
  defer { buffers.free() }
  var connection = Connection(
    role: .initiator, memory: buffers.memory, firstToken: 1, at: start)
  let capabilities = connection.pendingOutput.count
  connection.didSend(capabilities, at: start)
  _ = try connection.request(.get, at: start, write)
  let output = connection.pendingOutput
  guard case .complete(let header) = try FrameHeader.parse(output) else { return [] }
  let message = try Message(output, header: header)
  var found: [OptionText] = []
  var options = message.options
  while let option = options.next() {
    var value: [UInt8] = []
    for index in option.value.indices { value.append(option.value[index]) }
    found.append(OptionText(option.number.rawValue, bytes: value))
  }
  return found
}

/// Memory of one connection.
@safe
private struct Buffers {
  let memory: ConnectionMemory
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let requests: UnsafeMutableBufferPointer<PendingRequest>
  private let deferred: UnsafeMutableBufferPointer<DeferredEntry>

  init() {
    unsafe bytes = .allocate(capacity: 1152 + 4096)
    unsafe bytes.initialize(repeating: 0)
    unsafe requests = .allocate(capacity: 1)
    unsafe requests.initialize(repeating: PendingRequest())
    unsafe deferred = .allocate(capacity: 1)
    unsafe deferred.initialize(repeating: DeferredEntry())
    memory = unsafe ConnectionMemory(
      receive: .init(rebasing: bytes[..<1152]), transmit: .init(rebasing: bytes[1152...]),
      requests: requests, deferred: deferred)
  }

  func free() {
    unsafe bytes.deallocate()
    unsafe requests.deallocate()
    unsafe deferred.deallocate()
  }
}
