import DeviceCore
import Port

/// Answers after a second, or after the milliseconds of `?ms=N` (at most 60,000), while other requests
/// go on: what a sensor does that has to be woken first.
public struct SlowAnswer<Clock: Board>: Resource {
  public var path: StaticString { "slow" }
  public var attributes: LinkAttributes {
    LinkAttributes(title: "answers after ?ms=N milliseconds")
  }
  private let clock: Clock
  private var waiting = InlineArray<16, Waiting?>(repeating: nil)

  private struct Waiting {
    let request: DeferredRequest
    let due: Instant
  }

  public init(clock: Clock) {
    self.clock = clock
  }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    let span = try delay(of: request)
    guard let place = freePlace else { throw .serviceUnavailable("too many requests waiting") }
    waiting[place] = Waiting(request: try response.postpone(), due: clock.now + span)
  }

  public mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool {
    guard let place = place(of: request), let waiting = waiting[place] else { return false }
    return waiting.due.isReached(at: now)
  }

  public mutating func answer(_ request: DeferredRequest, _ response: inout Response) {
    abandon(request)
    response.content(.textPlain, "done")
  }

  public mutating func abandon(_ request: DeferredRequest) {
    if let place = place(of: request) { waiting[place] = nil }
  }

  public var nextAnswer: Instant? {
    var next: Instant?
    for index in waiting.indices {
      guard let due = waiting[index]?.due else { continue }
      if let earliest = next, !due.isBefore(earliest) { continue }
      next = due
    }
    return next
  }

  private func place(of request: DeferredRequest) -> Int? {
    for index in waiting.indices where waiting[index]?.request == request { return index }
    return nil
  }

  private var freePlace: Int? {
    for index in waiting.indices where waiting[index] == nil { return index }
    return nil
  }

  private func delay(of request: Request) throws(Refusal) -> Milliseconds {
    guard let text = request.query("ms") else { return Milliseconds(1000) }
    var number: UInt32 = 0
    guard text.count >= 1 && text.count <= 5 else { throw .badRequest("ms is a number up to 60000") }
    for index in text.indices {
      guard text[index] >= 0x30 && text[index] <= 0x39 else {
        throw .badRequest("ms is a number up to 60000")
      }
      number = number * 10 + UInt32(text[index] - 0x30)
    }
    guard number <= 60_000 else { throw .badRequest("ms is a number up to 60000") }
    return Milliseconds(number)
  }
}
