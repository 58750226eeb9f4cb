import CMbedTLS
import DeviceCore
import Port

/// A session in its place: TLS as a state machine, without a transport.
///
/// Whenever it says `wantsInput` or `wantsOutput`, the caller moves bytes into or out of ``space`` or
/// ``output`` and calls again.
@safe
struct TLSSessionHandle {
  let session: UnsafeMutablePointer<TLSSession>

  /// What a call led to.
  enum Step: Equatable {
    case done
    /// So many bytes of the caller were read or written.
    case bytes(Int)
    /// Go on at once.
    case again
    /// Go on at once, but others may have a turn before.
    case busy
    case wantsInput
    case wantsOutput
    /// The peer has said close_notify.
    case end
    /// See ``failure``.
    case failed
  }

  @unsafe
  init(_ session: UnsafeMutablePointer<TLSSession>) {
    unsafe self.session = session
  }

  // MARK: From the beginning to the end

  /// Begins a handshake.
  ///
  /// - Parameters:
  ///   - server: of a client, the name or the numeric address that it dialled; empty for none.
  ///   - saved: of a client, a session to resume; empty for none. One that cannot be used is ignored.
  func start(
    _ context: TLSContext, server: Span<UInt8>, saved: Span<UInt8>, requiresApplicationProtocol: Bool
  ) {
    unsafe session.initialize(to: TLSSession())
    unsafe session.pointee.context = context
    unsafe session.pointee.requiresApplicationProtocol = requiresApplicationProtocol
    unsafe session.pointee.phase = .handshaking
    unsafe mbedtls_ssl_init(ssl)
    var result = unsafe mbedtls_ssl_setup(ssl, context.configuration)
    // For the record of an alert that comes before any hello was understood.
    unsafe ssl.pointee.major_ver = MBEDTLS_SSL_MAJOR_VERSION_3
    unsafe ssl.pointee.minor_ver = MBEDTLS_SSL_MINOR_VERSION_3
    if result == 0 { result = setServer(server) }
    if result == 0 && !saved.isEmpty { restore(saved) }
    guard result == 0 else { return fail(.local(TLSFault(libraryError: result))) }
    unsafe mbedtls_ssl_set_bio(
      ssl, session,
      { session, bytes, count in unsafe TLSSessionHandle.of(session!).send(bytes!, count) },
      { session, bytes, count in unsafe TLSSessionHandle.of(session!).receive(bytes!, count) }, nil)
  }

  /// Gives the session back.
  func free() {
    unsafe mbedtls_ssl_free(ssl)
    unsafe session.pointee.phase = .free
  }

  /// Advances the handshake by a step.
  func shakeHands() -> Step {
    guard phase == .handshaking else { return .done }
    let isSlow = unsafe ctls_is_step_slow(ssl)
    unsafe session.pointee.isResumed = ctls_is_resuming(ssl)
    unsafe session.pointee.context!.memory.pointee.current = session
    let failureCount = ctls_failure_count()
    let result = unsafe mbedtls_ssl_handshake_step(ssl)
    // Without memory mbedTLS 2.28.3 makes up Finished messages and calls the handshake done (CVE-2025-27810).
    guard ctls_failure_count() == failureCount else {
      fail(.local(.outOfMemory))
      return .failed
    }
    guard result == 0 else { return step(result) }
    guard !isTicketForAnotherName else {
      fail(.local(.unknownServerName))
      return .failed
    }
    guard unsafe ctls_is_handshake_over(ssl) else { return isSlow ? .busy : .again }
    guard unsafe !session.pointee.requiresApplicationProtocol || hasApplicationProtocol else {
      fail(.local(.noApplicationProtocol))
      return .failed
    }
    unsafe session.pointee.phase = .open
    return .done
  }

  func read(into space: inout MutableSpan<UInt8>) -> Step {
    if isOver { return .failed }
    // mbedTLS would go on to read behind it.
    if unsafe session.pointee.hasPeerFinished { return .end }
    let result = unsafe space.withUnsafeMutableBufferPointer { buffer in
      unsafe mbedtls_ssl_read(ssl, buffer.baseAddress, buffer.count)
    }
    switch result {
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY: unsafe session.pointee.hasPeerFinished = true
    // Two empty records, or the transport's end without a close_notify: mbedTLS says the same.
    case 0 where unsafe !session.pointee.input.hasEnded: return .again
    case 0: return step(MBEDTLS_ERR_SSL_CONN_EOF)
    default: break
    }
    return step(result)
  }

  func write(_ bytes: Span<UInt8>) -> Step {
    if isOver { return .failed }
    if unsafe ctls_has_output(ssl) {
      guard case .done = flush() else { return step(MBEDTLS_ERR_SSL_WANT_WRITE) }
    }
    let sealed = unsafe session.pointee.sealedCount
    if sealed > 0 {
      unsafe session.pointee.sealedCount = 0
      return .bytes(sealed)
    }
    let result = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe mbedtls_ssl_write(ssl, buffer.baseAddress, buffer.count)
    }
    if result == MBEDTLS_ERR_SSL_WANT_WRITE {
      // The record is made, and the caller offers its bytes again until it is written.
      let longest = unsafe Int(mbedtls_ssl_get_max_out_record_payload(ssl))
      unsafe session.pointee.sealedCount = min(bytes.count, longest)
    }
    return step(result)
  }

  /// Says close_notify, after all that was taken. Done when the transport can be told the end.
  func finish() -> Step {
    switch phase {
    case .open, .handshaking: unsafe session.pointee.phase = .finishing(isNotified: false)
    case .finishing: break
    default: return .failed
    }
    while true {
      let flushed = flush()
      guard case .done = flushed else { return flushed }
      if phase == .finishing(isNotified: true) {
        unsafe session.pointee.phase = .finished
        return .done
      }
      unsafe session.pointee.phase = .finishing(isNotified: true)
      _ = unsafe mbedtls_ssl_close_notify(ssl)
    }
  }

  /// Writes the alert that tells the peer why. Done when the transport can be told the end.
  func flushAlert() -> Step {
    guard case .failing(let failure) = phase else { return .failed }
    let flushed = flush()
    if case .wantsOutput = flushed { return .wantsOutput }
    unsafe session.pointee.phase = .draining(failure)
    return .done
  }

  /// Gives up. The peer is told, unless it was the peer that gave up, or is gone.
  func fail(_ failure: TLSFailure) {
    // The transport breaks while the peer is told; that is not why.
    if let first = self.failure {
      unsafe session.pointee.phase = .failed(first)
      return
    }
    switch failure {
    case .peer, .webSocket, .local(.closedInHandshake), .local(.truncated), .local(.transportFailed):
      unsafe session.pointee.phase = .failed(failure)
    case .local(let fault):
      unsafe session.pointee.phase = .failing(failure)
      guard unsafe ssl.pointee.f_send != nil, unsafe !ctls_has_sent_alert(ssl) else { return }
      // What waits to be written comes first; if that does not go now, there is no alert.
      guard case .done = flush() else { return }
      _ = unsafe mbedtls_ssl_send_alert_message(
        ssl, UInt8(MBEDTLS_SSL_ALERT_LEVEL_FATAL), fault.alert.rawValue)
    }
  }

  /// The peer had its chance to read the alert.
  func endDraining() {
    if let failure { unsafe session.pointee.phase = .failed(failure) }
  }

  // MARK: Getters

  var phase: TLSSession.Phase { unsafe session.pointee.phase }

  var failure: TLSFailure? {
    switch phase {
    case .failing(let failure), .draining(let failure), .failed(let failure): failure
    default: nil
    }
  }

  /// Whether no byte passes any more: it has failed, or was given back.
  private var isOver: Bool { phase == .free || failure != nil }

  /// Whether there is plain text that no read has returned.
  var hasUnreadInput: Bool {
    switch phase {
    case .open, .finishing, .finished: unsafe mbedtls_ssl_check_pending(ssl) != 0
    default: false
    }
  }

  var cipherSuite: UInt16 { unsafe ctls_cipher_suite(ssl) }
  var isResumed: Bool { unsafe session.pointee.isResumed }
  var hasApplicationProtocol: Bool { unsafe mbedtls_ssl_get_alpn_protocol(ssl) != nil }

  // MARK: The transport's side

  /// Where the bytes go that mbedTLS waits for.
  @_lifetime(borrow self)
  func space() -> MutableSpan<UInt8> {
    let input = unsafe session.pointee.input
    let span = unsafe MutableSpan(_unsafeStart: input.place!, count: input.count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The bytes that mbedTLS wants to have written.
  @_lifetime(borrow self)
  func output() -> Span<UInt8> {
    let output = unsafe session.pointee.output
    let span = unsafe Span(_unsafeStart: UnsafePointer(output.place!), count: output.count)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// So many bytes are in ``space()``.
  func didReceive(_ count: Int) {
    unsafe session.pointee.input.movedCount = count
  }

  /// So many bytes of ``output()`` are written.
  func didSend(_ count: Int) {
    unsafe session.pointee.output.movedCount = count
  }

  /// The transport has no more input.
  func inputEnded() {
    unsafe session.pointee.input.hasEnded = true
  }

  // MARK: Inside

  var ssl: UnsafeMutablePointer<mbedtls_ssl_context> {
    // The address of a stored property of memory that does not move.
    unsafe withUnsafeMutablePointer(to: &session.pointee.ssl) { unsafe $0 }
  }

  @unsafe
  private static func of(_ pointer: UnsafeMutableRawPointer) -> TLSSessionHandle {
    unsafe TLSSessionHandle(pointer.assumingMemoryBound(to: TLSSession.self))
  }

  @unsafe
  private func receive(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int32 {
    let moved = unsafe min(session.pointee.input.movedCount, count)
    if moved > 0 {
      unsafe precondition(session.pointee.input.place == bytes)
      unsafe session.pointee.input.movedCount = 0
      unsafe session.pointee.input.count = 0
      return Int32(moved)
    }
    if unsafe session.pointee.input.hasEnded { return 0 }
    unsafe session.pointee.input.place = bytes
    unsafe session.pointee.input.count = count
    return MBEDTLS_ERR_SSL_WANT_READ
  }

  @unsafe
  private func send(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    let moved = unsafe min(session.pointee.output.movedCount, count)
    if moved > 0 {
      unsafe precondition(session.pointee.output.place == UnsafeMutablePointer(mutating: bytes))
      unsafe session.pointee.output.movedCount = 0
      return Int32(moved)
    }
    unsafe session.pointee.output.place = UnsafeMutablePointer(mutating: bytes)
    unsafe session.pointee.output.count = count
    return MBEDTLS_ERR_SSL_WANT_WRITE
  }

  /// Writes what is encrypted and waits.
  private func flush() -> Step {
    let result = unsafe mbedtls_ssl_flush_output(ssl)
    return result == 0 ? .done : result == MBEDTLS_ERR_SSL_WANT_WRITE ? .wantsOutput : .failed
  }

  private func step(_ result: Int32) -> Step {
    switch result {
    case 1...: return .bytes(Int(result))
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY: return .end
    // A warning from the peer leads to the same number, without a question to the transport.
    case MBEDTLS_ERR_SSL_WANT_READ: return unsafe session.pointee.input.count > 0 ? .wantsInput : .again
    case MBEDTLS_ERR_SSL_WANT_WRITE: return .wantsOutput
    default:
      unsafe ctls_correct_version(ssl)
      fail(failure(for: result))
      return .failed
    }
  }
}
