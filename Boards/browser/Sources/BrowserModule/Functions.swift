import BrowserSupport
import DeviceCore

// What JavaScript calls. Times are milliseconds of a clock that wraps at 2^32, lengths are bytes.

nonisolated(unsafe) private var page: Page?
nonisolated(unsafe) private var requests = InlineArray<16, PendingRequest>(repeating: PendingRequest())
nonisolated(unsafe) private var deferred = InlineArray<4, DeferredEntry>(repeating: DeferredEntry())
nonisolated(unsafe) private var incoming = InlineArray<2, IncomingBody>(repeating: IncomingBody())
nonisolated(unsafe) private var observers = ObserverStorage<8, 512>()

/// The numbers that belong to the last event, and those that stay the same.
@c(coap_words)
public func wordsAddress() -> UInt32 {
  unsafe EventWords.set(.inbox, UInt32(UInt(bitPattern: browser_inbox())))
  unsafe EventWords.set(.scratch, UInt32(UInt(bitPattern: browser_scratch())))
  EventWords.set(.scratchByteCount, UInt32(BROWSER_SCRATCH_SIZE))
  EventWords.set(.largestMessage, UInt32(BROWSER_LARGEST_MESSAGE))
  return EventWords.address
}

/// The WebSocket is open: our CSM is pending.
@c(coap_start)
public func start(firstToken: UInt32, now: UInt32) {
  unsafe page = Page(memory: makeMemory(), firstToken: firstToken, at: Instant(rawValue: now))
}

/// A resource of the page, its path in the scratch bytes; before the connection starts.
@c(coap_publish)
public func publish(index: UInt32, pathByteCount: UInt32, isObservable: UInt32) -> UInt32 {
  let isDone = PageTable.publish(
    Int(index), path: scratch(Int(pathByteCount)), isObservable: isObservable != 0)
  return isDone ? 0 : CommandError.tooLarge.number
}

/// The state of a resource of the page has changed: observers will hear of it.
@c(coap_changed)
public func changed(index: UInt32) {
  PageTable.change(Int(index))
}

/// A message came in, as many bytes of it as the inbox holds.
///
/// - Returns: 0 when it was not taken because earlier ones are still waiting: come again.
@c(coap_receive)
public func receive(present: UInt32, total: UInt32, now: UInt32) -> UInt32 {
  guard unsafe page != nil else { return 1 }
  let now = Instant(rawValue: now)
  guard unsafe !page!.connection.hasUnprocessedInput else { return 0 }
  guard let bytes = WebSocketMessage.makeStream(present: Int(present), total: total) else {
    unsafe page!.connection.abort("no CoAP message", at: now)
    return 1
  }
  unsafe _ = page!.connection.receive(bytes, at: now)
  return 1
}

/// The peer has closed the WebSocket.
@c(coap_receive_end)
public func receiveEnd(now: UInt32) {
  unsafe page?.connection.receiveEnd(at: Instant(rawValue: now))
}

/// The WebSocket is broken.
@c(coap_fail)
public func fail() {
  unsafe page?.connection.transportFailed()
}

/// The next event; 0 when there is none.
@c(coap_poll)
public func poll(now: UInt32) -> UInt32 {
  unsafe page?.poll(at: Instant(rawValue: now)).rawValue ?? 0
}

/// Finds the first message that is to be sent.
///
/// - Returns: 0 when there is none.
@c(coap_output)
public func output() -> UInt32 {
  guard unsafe page != nil,
    let first = unsafe WebSocketMessage.first(of: page!.connection.pendingOutput)
  else { return 0 }
  EventWords.set(.output, first.start)
  EventWords.set(.outputByteCount, UInt32(first.byteCount))
  return UInt32(first.pendingByteCount)
}

/// The message that `coap_output` has found was sent; `byteCount` is what that returned.
@c(coap_sent)
public func sent(byteCount: UInt32, now: UInt32) {
  unsafe page?.connection.didSend(Int(byteCount), at: Instant(rawValue: now))
}

/// What becomes of the WebSocket: 0 it stays open, 1 nothing more will be sent, 2 it is to be closed.
@c(coap_transport)
public func transport() -> UInt32 {
  switch unsafe page?.connection.transportAction {
  case nil, .keepOpen: 0
  case .finishWriting: 1
  case .close: 2
  }
}

/// Nothing more will be sent, as `coap_transport` asked.
@c(coap_finished_writing)
public func finishedWriting(now: UInt32) {
  unsafe page?.connection.didFinishWriting(at: Instant(rawValue: now))
}

/// How long until `coap_poll` has to be called although nothing came; -1 for ever.
@c(coap_deadline)
public func deadline(now: UInt32) -> Int32 {
  guard let deadline = unsafe page?.connection.deadline else { return -1 }
  return Int32(bitPattern: deadline.since(Instant(rawValue: now)).rawValue)
}

/// Sends a request in one of the 16 places; its options are in the scratch bytes, behind them the part of the body.
///
/// - Returns: 0, or why it was not sent.
@c(coap_request)
public func request(
  slot: UInt32, kind: UInt32, method: UInt32, optionsByteCount: UInt32, bodyByteCount: UInt32,
  chunkByteCount: UInt32, now: UInt32
) -> UInt32 {
  guard unsafe page != nil else { return CommandError.notReady.number }
  guard slot < 16, let kind = Exchange.Kind(rawValue: kind), method > 0, method < 32
  else { return CommandError.unknownRequest.number }
  let options = scratch(Int(optionsByteCount))
  let chunk = scratch(Int(chunkByteCount), from: options.count)
  do throws(CommandError) {
    unsafe try page!.request(
      Int(slot), kind, Code(rawValue: UInt8(truncatingIfNeeded: method)), options: options,
      bodyByteCount: bodyByteCount, chunk: chunk, at: Instant(rawValue: now))
    return 0
  } catch {
    return error.number
  }
}

/// Nobody waits for the answer any more.
@c(coap_cancel)
public func cancel(slot: UInt32) {
  if slot < 16 { unsafe page?.cancel(Int(slot)) }
}

/// Sends a Ping.
///
/// - Returns: 0, or why it was not sent.
@c(coap_ping)
public func ping(custody: UInt32, now: UInt32) -> UInt32 {
  guard unsafe page != nil else { return CommandError.notReady.number }
  do throws(CommandError) {
    unsafe try page!.connection.ping(custody: custody != 0, at: Instant(rawValue: now))
    return 0
  } catch {
    return error.number
  }
}

/// Ends the connection in an orderly way.
@c(coap_release)
public func release(holdOffSeconds: UInt32, now: UInt32) {
  unsafe page?.connection.release(holdOffSeconds: holdOffSeconds, at: Instant(rawValue: now))
}

/// Ends the connection at once.
@c(coap_abort)
public func abort(now: UInt32) {
  unsafe page?.connection.abort("aborted by the page", at: Instant(rawValue: now))
}

/// Takes apart a message of `byteCount` bytes in the inbox, which is not received by that.
///
/// For each option two words go into the scratch bytes: its number above the length of its value, and where that
/// begins in the inbox.
///
/// - Returns: how many options there are; -1 when it is no message. Code and payload are with the numbers of the
///   event.
@c(coap_inspect)
public func inspect(byteCount: UInt32) -> Int32 {
  guard let bytes = WebSocketMessage.makeStream(present: Int(byteCount), total: byteCount),
    case .complete(let header)? = try? FrameHeader.parse(bytes, maximumTokenByteCount: 65804),
    let message = Message(compact: bytes, header: header)
  else { return -1 }
  let words = unsafe UnsafeMutableRawPointer(browser_scratch())
  let start = unsafe UInt(bitPattern: browser_inbox())
  var count = 0
  var options = message.options
  while let option = options.nextCompact(), count < 512 {
    let place = unsafe option.value.withUnsafeBufferPointer {
      UInt32(truncatingIfNeeded: UInt(bitPattern: $0.baseAddress) &- start)
    }
    let head = UInt32(option.number.rawValue) << 16 | UInt32(truncatingIfNeeded: option.value.count)
    unsafe words.storeBytes(of: head, toByteOffset: count * 8, as: UInt32.self)
    unsafe words.storeBytes(of: place, toByteOffset: count * 8 + 4, as: UInt32.self)
    count += 1
  }
  EventWords.set(.code, UInt32(message.code.rawValue))
  EventWords.set(.first, UInt32(message.token.count))
  EventWords.setPayload(message.payload)
  return Int32(count)
}

private func makeMemory() -> ConnectionMemory {
  let largest = Int(BROWSER_LARGEST_MESSAGE)
  let scratch = Int(BROWSER_SCRATCH_SIZE)
  var memory = unsafe ConnectionMemory(
    receive: UnsafeMutableBufferPointer(start: browser_receive(), count: largest + 4),
    transmit: UnsafeMutableBufferPointer(start: browser_transmit(), count: 2 * largest),
    requests: elements(&requests), deferred: elements(&deferred))
  memory.bodies = unsafe BodyMemory(
    incoming: elements(&incoming),
    assembly: UnsafeMutableBufferPointer(start: browser_assembly(), count: scratch),
    answer: UnsafeMutableBufferPointer(start: nil, count: 0))
  memory.observers = unsafe withUnsafeMutablePointer(to: &observers) { unsafe ObserverStorage.memory(of: $0) }
  return memory
}

/// The elements of a global array, which does not move.
@unsafe
private func elements<let count: Int, Element>(
  _ array: inout InlineArray<count, Element>
) -> UnsafeMutableBufferPointer<Element> {
  unsafe withUnsafeMutablePointer(to: &array) {
    unsafe UnsafeMutableBufferPointer(
      start: UnsafeMutableRawPointer($0).assumingMemoryBound(to: Element.self), count: count)
  }
}
