import DeviceCore
import LinuxSupport

/// One request with all of its payload and all of the answer's body: in blocks where a message is too small
/// (RFC 7959, RFC 8323 section 6), and again with the Echo that the server demands (RFC 9175).
struct Transfer {
  let content: RequestContent
  private let arguments: ExchangeArguments
  private let asksForSize: Bool
  private var state = State.ready
  private var upload: BodyUpload?
  private var download = BodyDownload()
  private var sink: BodySink
  /// The first response of those that bring the body.
  private var head: Answer?
  /// The part of the payload that is on its way.
  private var sent: Range<UInt32>?
  private var echo = EchoValue()
  private var restartCount = 0
  /// What a person is told while it goes on.
  private(set) var remark: String?
  private(set) var result: Result?

  private enum State {
    case unbegun
    case ready
    case waiting(RequestID)
  }

  enum Result {
    /// All of the answer is there; a body that was to go into a file is in it.
    case answered(Answer)
    case failed(String)
  }

  /// How often a body that changes while it comes is fetched anew.
  private static let largestRestartCount = 3

  /// - Parameter output: the file for the body of a successful answer; nil to keep it in memory.
  init(_ content: RequestContent, _ arguments: ExchangeArguments, output: String? = nil) {
    self.content = content
    self.arguments = arguments
    asksForSize = output != nil
    sink = BodySink(path: output, limit: arguments.blocks.maxBodySize)
    state = .unbegun
  }

  /// The request that waits for its response.
  var request: RequestID? {
    if case .waiting(let request) = state { request } else { nil }
  }

  /// Whether nothing was sent so far that the server could have acted on.
  var isUnbegun: Bool { if case .unbegun = state { true } else { false } }

  // MARK: Progress

  /// How far it is, in bytes.
  struct Progress {
    let isUpload: Bool
    let done: UInt32
    let total: UInt32?
  }

  /// - Parameter connection: knows what of the last message has left.
  func progress(on connection: borrowing Connection) -> Progress {
    guard download.offset == 0, let upload else {
      return Progress(isUpload: false, done: download.offset, total: download.byteCount)
    }
    let pending = UInt32(clamping: connection.pendingOutput.count)
    // What was sent last has been taken when there is an answer.
    let end = request == nil && result == nil ? upload.offset : sent?.upperBound ?? 0
    return Progress(
      isUpload: true, done: end > pending ? end - pending : 0, total: upload.byteCount)
  }

  // MARK: Sending

  /// Sends what is due.
  mutating func act(on connection: inout Connection, at now: Instant) {
    guard result == nil, request == nil, connection.isOpen || mayPrecedeCapabilities else { return }
    if isUnbegun { begin(connection) }
    send(on: &connection, at: now)
  }

  /// Asks for it all once more, on the same connection.
  mutating func repeatRequest() {
    state = .unbegun
    result = nil
    restartCount = 0
  }

  /// Nobody wants the answer any more.
  mutating func cancel(on connection: inout Connection) {
    if let request { connection.cancel(request) }
    sink.restart()
    state = .ready
  }

  /// A request may follow our CSM at once (RFC 8323 section 3.3). One with a payload waits for the peer's
  /// CSM, which may say that it takes less than the base value, and so does what needs the peer's abilities.
  private var mayPrecedeCapabilities: Bool {
    content.payload.isEmpty && arguments.blocks.blockSize?.size.isBERT != true
      && arguments.options.tokenState == nil
  }

  /// Forgets what was; what comes now is the first of it.
  mutating func begin(_ connection: borrowing Connection) {
    state = .ready
    head = nil
    sink.restart()
    let preferred = arguments.blocks.blockSize?.size
    download = BodyDownload(largest: arguments.wantedBlock(connection))
    upload =
      content.payload.isEmpty
      ? nil
      : BodyUpload(
        byteCount: UInt32(content.payload.count),
        largest: min(preferred ?? .bert, connection.largestBlock), isSplit: preferred != nil)
  }

  private mutating func send(on connection: inout Connection, at now: Instant) {
    var extras = RequestContent.Extras()
    extras.echo = echo.value
    extras.asksForSize = asksForSize
    extras.hasBlock2 = upload == nil || download.offset > 0 || isLastPart
    let content = self.content
    let download = self.download
    // A peer that has not said that it knows blocks gets them only when a person wants that.
    let mayCut =
      arguments.blocks.blockSize != nil || connection.peerCapabilities.supportsBlockWiseTransfer
    var upload = self.upload
    let tokenState = arguments.options.tokenState?.bytes ?? []
    var part: Range<UInt32>?
    do throws(CommandError) {
      let request = try connection.request(
        content.method, state: tokenState.span, timeout: timeout, at: now
      ) { writer throws(WriteError) in
        part = try content.write(to: &writer, &upload, download, extras)
        if let part, part.count < content.payload.count, !mayCut { throw .tooLarge }
      }
      self.upload = upload
      sent = part
      echo.didSend()
      state = .waiting(request)
    } catch {
      if let reason = error.reason(connection) { fail(reason) }
    }
  }

  /// Whether the next part ends the payload, as far as the wanted size of the blocks tells.
  private var isLastPart: Bool {
    guard let upload, let size = arguments.blocks.blockSize?.size else { return false }
    return Int(upload.byteCount - upload.offset) <= size.byteCount
  }

  /// Of one message: a large one takes its time on a slow line.
  private var timeout: Milliseconds {
    guard arguments.timeout.span.rawValue > 0, let upload else { return arguments.timeout.span }
    let slowest: UInt32 = 16 * 1024
    let extra = min((upload.byteCount - upload.offset) / slowest, 100_000)
    return Milliseconds(arguments.timeout.span.rawValue + extra * 1000)
  }

  // MARK: Receiving

  /// Takes note of an event.
  ///
  /// - Returns: whether it was about this transfer.
  mutating func handle(_ event: Event, on connection: borrowing Connection) -> Bool {
    switch event {
    case .response(let id) where id == request:
      state = .ready
      guard let response = connection.message else { return true }
      receive(response)
    case .requestFailed(let id, let failure) where id == request:
      state = .ready
      if let reason = failure.reason(arguments.timeout) { fail(reason) }
    default: return false
    }
    return true
  }

  /// Takes note of a response, or of the notification that began the body.
  mutating func receive(_ response: Message) {
    remark = nil
    if echo.isDemanded(by: response) { return }
    if content.saysBlocks { return finish(Answer(whole: response, showsToken: showsToken)) }
    do throws(Failure) {
      if download.offset == 0, upload != nil, try !didUpload(response) { return }
      try receiveBody(response)
    } catch {
      fail(error.description)
    }
  }

  /// - Returns: whether the response is the one that answers the request as a whole.
  private mutating func didUpload(_ response: Message) throws(Failure) -> Bool {
    if let sent, sent.upperBound < content.payload.count, response.code.isSuccess,
      response.code != .continue, response.block(.block1) == nil
    {
      throw Failure(
        "the server answered \(response.code.text) when it had \(sent.upperBound) of "
          + "\(content.payload.count) bytes")
    }
    let step: BodyUpload.Step
    do throws(TransferError) {
      step = try upload?.receive(response) ?? .done
    } catch {
      throw Failure("the server acknowledged another block than the one that it was sent")
    }
    switch step {
    case .next: return false
    case .restart:
      remark =
        response.code == .requestEntityTooLarge
        ? "the server wants smaller blocks" : "the server has lost what it had; starting anew"
      return false
    case .done, .refused: return true
    }
  }

  private mutating func receiveBody(_ response: Message) throws(Failure) {
    let step: BodyDownload.Step
    let isFirst = download.offset == 0
    do throws(TransferError) {
      step = try download.receive(response)
    } catch {
      guard error == .changed else { throw Failure(error.reason) }
      return try startAnew("the resource changed")
    }
    switch step {
    case .refused:
      if !isFirst, response.code == .requestEntityIncomplete {
        return try startAnew("the server has lost the answer")
      }
      sink.restart()
      return finish(Answer(whole: response, showsToken: showsToken))
    case .part, .last:
      if isFirst { head = Answer(response, showsToken: showsToken) }
      try sink.expect(download.byteCount)
      // 2.03 has no body of its own.
      if response.code != .valid { try sink.append(response.payload) }
    }
    guard step == .last, var answer = head else { return }
    if answer.code != .valid { try sink.finish() }
    answer.body = sink.bytes
    answer.byteCount = sink.byteCount
    finish(answer)
  }

  /// - Throws: when asking again would do something again, or was done often enough.
  private mutating func startAnew(_ reason: String) throws(Failure) {
    guard content.method == .get || content.method == .fetch else {
      throw Failure("\(reason) while it was fetched")
    }
    guard restartCount < Transfer.largestRestartCount else {
      throw Failure("\(reason) while it was fetched, \(restartCount + 1) times")
    }
    restartCount += 1
    remark = "\(reason) while it was fetched; starting anew"
    state = .unbegun
  }

  private var showsToken: Bool { arguments.options.tokenState != nil }

  private mutating func finish(_ answer: Answer) {
    if result == nil { result = .answered(answer) }
  }

  /// The first reason is the one to tell.
  mutating func fail(_ reason: String) {
    sink.restart()
    if result == nil { result = .failed(reason) }
  }
}
