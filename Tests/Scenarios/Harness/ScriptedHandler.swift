import DeviceCore

/// Answers by method, so that a scenario can ask for any kind of behaviour:
/// GET and FETCH get their own payload back, POST is answered later with its payload, PUT gets
/// ``largeByteCount`` bytes, DELETE is left without an answer, everything else is 4.05.
struct ScriptedHandler: RequestHandler {
  /// The bytes in the answer of a PUT.
  var largeByteCount = 0
  /// Requests seen.
  var count = 0
  /// The first four payload bytes of the last request.
  var lastSerial: UInt32 = 0
  /// Whether postponed requests are answered as soon as they are asked for.
  var answersDeferred = false
  /// Requests that were given up because their connection is gone.
  private(set) var abandonedCount = 0
  private(set) var waitingCount = 0
  private var waiting = InlineArray<32, DeferredRequest?>(repeating: nil)
  private var serials = InlineArray<32, UInt32>(repeating: 0)

  mutating func respond(to request: Request, _ response: inout Response) {
    count += 1
    lastSerial = serial(request.payload)
    switch request.method {
    case .get, .fetch: response.content(.octetStream, request.payload)
    case .post:
      do throws(Refusal) {
        try postpone(&response)
      } catch {
        response.refuse(error)
      }
    case .put:
      response.begin(.content)
      let byte = InlineArray<1, UInt8>(repeating: 0x2a)
      for _ in 0..<largeByteCount { response.append(byte.span) }
    case .delete: break
    default: response.refuse(.methodNotAllowed)
    }
  }

  private mutating func postpone(_ response: inout Response) throws(Refusal) {
    let request = try response.postpone()
    for index in 0..<32 where waiting[index] == nil {
      waiting[index] = request
      serials[index] = lastSerial
      waitingCount += 1
      return
    }
  }

  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool { answersDeferred }

  mutating func answer(_ request: DeferredRequest, at now: Instant, _ response: inout Response) {
    guard let index = place(of: request) else { return }
    let bytes = serialBytes(serials[index])
    response.content(.octetStream, bytes.span)
    _ = take(index)
  }

  mutating func abandon(_ request: DeferredRequest) {
    guard let index = place(of: request) else { return }
    abandonedCount += 1
    _ = take(index)
  }

  private func place(of request: DeferredRequest) -> Int? {
    for index in 0..<32 where waiting[index] == request { return index }
    return nil
  }

  /// Takes the postponed request at `index`, if one is there.
  mutating func take(_ index: Int) -> DeferredRequest? {
    guard let request = waiting[index] else { return nil }
    waiting[index] = nil
    waitingCount -= 1
    return request
  }

  func waitingRequest(_ index: Int) -> DeferredRequest? { waiting[index] }
  func waitingSerial(_ index: Int) -> UInt32 { serials[index] }
}

/// The number in the first four bytes; shorter ones are filled up with zeros.
func serial(_ payload: Span<UInt8>) -> UInt32 {
  var number: UInt32 = 0
  for index in 0..<4 {
    number = number << 8 | (index < payload.count ? UInt32(payload[index]) : 0)
  }
  return number
}

/// Four bytes, the highest first.
func serialBytes(_ number: UInt32) -> InlineArray<4, UInt8> {
  [
    UInt8(truncatingIfNeeded: number >> 24), UInt8(truncatingIfNeeded: number >> 16),
    UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number),
  ]
}

/// No resource at all: what the vectors suppose.
struct NoTable: ResourceTable {
  mutating func route(_ request: Request, _ response: inout Response) throws(Refusal) -> Bool {
    false
  }
  mutating func appendLinks(
    _ response: inout Response, matching filter: LinkFilter, isFirst: inout Bool
  ) {}
  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool { false }
  mutating func answerReady(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) -> Bool { false }
  mutating func abandon(_ request: DeferredRequest) {}
  var nextAnswer: Instant? { nil }
  static var count: UInt8 { 0 }
  mutating func traits(of request: Request, at now: Instant) -> ResourceTraits? { nil }
  mutating func revision(of resource: UInt8, at now: Instant) -> UInt32? { nil }
  func nextRevision(at now: Instant) -> Instant? { nil }
  mutating func abandon(_ body: BodyTransfer) {}
}
