import DeviceCore

/// A file at `f` that passes through in parts: GET gives it, PUT checks what comes and forgets it.
struct File: Resource {
  var path: StaticString { "f" }
  var attributes: LinkAttributes { LinkAttributes(isObservable: true) }

  /// Of what GET gives, in bytes.
  var byteCount: UInt32 = 0
  /// Names the representation; the bytes of the body depend on it.
  var version: UInt32 = 0
  var hasETag = true
  var largestStreamedBody: UInt32 = 1 << 21
  /// The bytes of bodies that come have this version.
  var incomingVersion: UInt32 = 0
  /// A part from this place on is refused.
  var refusedOffset = UInt32.max
  /// Whether GET says beforehand how large the body is.
  var declaresSize = true

  private(set) var transfer: BodyTransfer?
  private(set) var receivedByteCount: UInt32 = 0
  private(set) var announcedByteCount: UInt32?
  private(set) var begunCount = 0
  private(set) var doneCount = 0
  private(set) var abandonedCount = 0
  /// Parts out of their place or with other bytes, and abandoned bodies that are not under way.
  private(set) var faultCount = 0

  var eTag: UInt32? { hasETag ? version : nil }
  mutating func revision(at now: Instant) -> UInt32 { version }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .octetStream)
    guard declaresSize else { return response.append(pattern: 0..<byteCount, version) }
    let part = response.beginBody(of: byteCount)
    response.skip(to: part.lowerBound)
    response.append(pattern: part, version)
    if !response.isBodyComplete { faultCount += 1 }
  }

  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard let part = request.part else { throw .badRequest("no part") }
    guard part.offset < refusedOffset else {
      transfer = nil
      throw Refusal(.forbidden)
    }
    if part.isFirst {
      if transfer != nil { faultCount += 1 }
      transfer = part.transfer
      receivedByteCount = 0
      begunCount += 1
      announcedByteCount = part.announcedByteCount
    }
    if part.transfer != transfer || part.offset != receivedByteCount
      || !isPattern(request.payload, at: part.offset, incomingVersion)
    {
      faultCount += 1
    }
    receivedByteCount += UInt32(request.payload.count)
    if part.isLast {
      transfer = nil
      doneCount += 1
      response.changed()
    }
  }

  mutating func abandon(_ body: BodyTransfer) {
    if body == transfer { transfer = nil } else { faultCount += 1 }
    abandonedCount += 1
  }
}

/// Something small at `n` whose bodies come whole.
struct Note: Resource {
  var path: StaticString { "n" }
  var exists = false
  var version: UInt32 = 1
  /// Of the last PUT.
  var byteCount: UInt32 = 0
  /// Whether each PUT had the bytes of the pattern.
  var isIntact = true
  var putCount = 0
  var postCount = 0
  /// Of the answers to POST and FETCH, in bytes.
  var answerByteCount: UInt32 = 0

  var eTag: UInt32? { version }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard exists else { throw .notFound }
    response.begin(.content, .octetStream)
    response.append(pattern: 0..<byteCount, 0)
  }

  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    putCount += 1
    byteCount = UInt32(request.payload.count)
    if !isPattern(request.payload, at: 0, 0) { isIntact = false }
    if exists { response.changed() } else { response.created() }
    exists = true
    version += 1
  }

  mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    postCount += 1
    response.begin(.changed, .octetStream)
    // What a POST with a payload asks for is as large as that says.
    let count = request.payload.count == 1 ? UInt32(request.payload[0]) : answerByteCount
    response.append(pattern: 0..<count, UInt32(postCount))
  }

  mutating func fetch(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .octetStream)
    response.append(pattern: 0..<answerByteCount, UInt32(request.payload.count))
  }

  mutating func delete(_ request: Request, _ response: inout Response) throws(Refusal) {
    exists = false
    response.deleted()
  }
}

/// A count at `c` that can be observed.
struct Count: Resource {
  var path: StaticString { "c" }
  var attributes: LinkAttributes { LinkAttributes(isObservable: true) }
  var value: UInt32 = 0
  var format = ContentFormat.octetStream
  /// What GET throws, if anything.
  var refusal: Refusal?
  var getCount = 0
  var hasETag = false

  var eTag: UInt32? { hasETag ? value : nil }
  mutating func revision(at now: Instant) -> UInt32 { value }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    getCount += 1
    if let refusal { throw refusal }
    let bytes = serialBytes(value)
    response.content(format, bytes.span)
  }

  mutating func fetch(_ request: Request, _ response: inout Response) throws(Refusal) {
    try get(request, &response)
  }

  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    value = serial(request.payload)
    response.changed()
  }
}

/// Another count, at `d`.
struct OtherCount: Resource {
  var path: StaticString { "d" }
  var attributes: LinkAttributes { LinkAttributes(isObservable: true) }
  var value: UInt32 = 0

  mutating func revision(at now: Instant) -> UInt32 { value }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    let bytes = serialBytes(value)
    response.content(.octetStream, bytes.span)
  }
}

typealias BodyTable = ResourcePair<
  ResourcePair<ResourcePair<SingleResource<File>, SingleResource<Note>>, SingleResource<Count>>,
  SingleResource<OtherCount>
>

func bodyResources() -> Resources<BodyTable> {
  Resources {
    File()
    Note()
    Count()
    OtherCount()
  }
}

extension Resources where Table == BodyTable {
  var file: File {
    get { table.first.first.first.resource }
    set { table.first.first.first.resource = newValue }
  }
  var note: Note {
    get { table.first.first.second.resource }
    set { table.first.first.second.resource = newValue }
  }
  var count: Count {
    get { table.first.second.resource }
    set { table.first.second.resource = newValue }
  }
  var other: OtherCount {
    get { table.second.resource }
    set { table.second.resource = newValue }
  }
}

/// A server with these resources, fed with messages.
struct BodyServer: ~Copyable {
  var end: TestEnd
  var resources = bodyResources()

  @inline(never)
  init(
    limits: Limits = Limits(), sizes: Sizes = .bodies, peerCSM: StaticString = TestEnd.boundlessCSM
  ) {
    end = TestEnd(limits: limits, sizes: sizes, peerCSM: peerCSM)
  }

  @inline(never)
  mutating func feed(_ message: RawMessage) {
    var store = ByteStore(.input)
    message.append(to: &store)
    end.feed(store.bytes, serving: &resources)
  }

  @inline(never)
  mutating func feed(_ hex: StaticString) {
    let store = ByteStore(.input, hex: hex)
    end.feed(store.bytes, serving: &resources)
  }

  @inline(never)
  mutating func run() { end.run(serving: &resources) }

  @inline(never)
  mutating func wait(_ milliseconds: UInt32) {
    end.now = end.now + Milliseconds(milliseconds)
    run()
  }
}

extension Checker {
  /// Nothing is left of any body, observation or answer: ends the connection and looks.
  @inline(never)
  mutating func expectEmpty(
    _ server: inout BodyServer, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    expectOpen(&server.end, file: file, line: line)
    server.end.connection.transportFailed()
    server.run()
    expect(server.end.connection.isOver, "not over", file: file, line: line)
    expect(server.end.connection.observerCount == 0, "observers left", file: file, line: line)
    expect(server.end.connection.deadline == nil, "timers left", file: file, line: line)
    expect(server.resources.file.transfer == nil, "a body left", file: file, line: line)
    expect(server.resources.file.faultCount == 0, "parts out of order", file: file, line: line)
    let told = server.resources.file.abandonedCount
    server.run()
    expect(server.resources.file.abandonedCount == told, "told twice", file: file, line: line)
    expectLegal(server.end, file: file, line: line)
  }
}
