import BrowserSupport
import DeviceCore

/// A resource of the page: its path is here, what it does is JavaScript's.
private struct PageResource {
  var path = InlineArray<64, UInt8>(repeating: 0)
  /// Zero for a place that is free.
  var byteCount = 0
  var isObservable = false
  var revision: UInt32 = 0
}

nonisolated(unsafe) private var entries = InlineArray<8, PageResource>(repeating: PageResource())

/// The resources that the page offers, in the one place that there is for them.
struct PageTable: ResourceTable {
  static var count: UInt8 { 8 }
  static var longestPath: Int { 64 }

  /// Puts a resource at a path.
  ///
  /// - Returns: false when there is no such place, or the path is too long.
  static func publish(_ index: Int, path: Span<UInt8>, isObservable: Bool) -> Bool {
    guard unsafe index < entries.count, path.count > 0, path.count <= longestPath else { return false }
    for position in path.indices { unsafe entries[index].path[position] = path[position] }
    unsafe entries[index].byteCount = path.count
    unsafe entries[index].isObservable = isObservable
    return true
  }

  /// Whoever observes the resource is to hear of it.
  static func change(_ index: Int) {
    if unsafe index < entries.count { unsafe entries[index].revision &+= 1 }
  }

  private func index(of request: Request) -> Int? {
    for index in unsafe entries.indices where unsafe entries[index].byteCount > 0 {
      let path = unsafe entries[index].path.span.extracting(first: entries[index].byteCount)
      if request.hasPath(path) { return index }
    }
    return nil
  }

  mutating func route(_ request: Request, _ response: inout Response) throws(Refusal) -> Bool {
    guard let index = index(of: request) else { return false }
    var count: UInt32 = 0
    let payload = request.payload
    let result = unsafe payload.withUnsafeBufferPointer { bytes in
      unsafe page_respond(
        UInt32(index), UInt32(request.method.rawValue), bytes.baseAddress, UInt32(bytes.count),
        oneMore(request.contentFormat), oneMore(request.accept), &count)
    }
    let code = Code(rawValue: UInt8(truncatingIfNeeded: result))
    if result >> 8 > 0 {
      response.begin(code, ContentFormat(rawValue: UInt16(truncatingIfNeeded: result >> 8 &- 1)))
    } else {
      response.begin(code)
    }
    response.append(scratch(Int(count)))
    return true
  }

  /// The page is small: it shows all links whatever the filter says, which RFC 6690 section 4.1 allows.
  mutating func appendLinks(
    _ response: inout Response, matching filter: LinkFilter, isFirst: inout Bool
  ) {
    response.append(scratch(Int(page_links())))
    isFirst = false
  }

  mutating func traits(of request: Request, at now: Instant) -> ResourceTraits? {
    guard let index = index(of: request) else { return nil }
    let number = UInt8(truncatingIfNeeded: index)
    return ResourceTraits(resource: number, revision: revision(of: number, at: now))
  }

  mutating func revision(of resource: UInt8, at now: Instant) -> UInt32? {
    let index = Int(resource)
    return unsafe index < entries.count && entries[index].isObservable ? entries[index].revision : nil
  }

  func nextRevision(at now: Instant) -> Instant? { nil }

  // Every answer is ready at once, and bodies are put together first.
  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool { false }
  mutating func answerReady(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) -> Bool { false }
  mutating func abandon(_ request: DeferredRequest) {}
  var nextAnswer: Instant? { nil }
  mutating func abandon(_ body: BodyTransfer) {}
}

/// Zero says that there is none.
private func oneMore(_ format: ContentFormat?) -> UInt32 {
  format.map { UInt32($0.rawValue) + 1 } ?? 0
}

/// The first bytes that JavaScript has put into the scratch memory.
@_lifetime(immortal)
func scratch(_ count: Int, from start: Int = 0) -> Span<UInt8> {
  let size = Int(BROWSER_SCRATCH_SIZE)
  let from = min(max(start, 0), size)
  let bytes = unsafe Span(_unsafeStart: browser_scratch() + from, count: min(max(count, 0), size - from))
  return unsafe _overrideLifetime(bytes, copying: ())
}
