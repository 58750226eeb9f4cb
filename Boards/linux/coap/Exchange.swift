import ArgumentParser
import DeviceCore
import LinuxSupport
import Port

/// One request and its response, then Release.
struct Exchange: Activity {
  private let content: RequestContent
  private let arguments: RequestArguments
  private var request: RequestID?
  private(set) var outcome: Outcome?

  enum Outcome {
    /// The response was shown.
    case answered(Code)
    case failed(String)
  }

  init(_ content: RequestContent, _ arguments: RequestArguments) {
    self.content = content
    self.arguments = arguments
  }

  /// The core's own timers are enough.
  var deadline: Instant? { nil }

  mutating func act(on connection: inout Connection, at now: Instant) {
    guard request == nil && outcome == nil else { return }
    // A request may follow our CSM at once (RFC 8323 section 3.3). One with a payload waits for the peer's
    // CSM, which may say that it takes less than the base value.
    if connection.isOpen || content.payload.isEmpty { send(on: &connection, at: now) }
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    switch event {
    case .capabilities, .capabilitiesAssumed:
      // Now the peer's limit is known, and a larger request may follow.
      act(on: &connection, at: now)
    case .response:
      if outcome == nil { outcome = show(connection).map { .answered($0) } }
      connection.release(at: now)
    case .requestFailed(_, let failure):
      guard let reason = text(failure) else { return }
      fail(reason)
      connection.release(at: now)
    case .aborted(let option):
      let bad = option.map { " (about CSM option \($0))" } ?? ""
      let text = connection.peerText
      fail("the peer aborted" + (text.isEmpty ? "" : ":\(text)") + bad)
    case .release(let holdOff):
      guard outcome == nil else { return }
      let wait = holdOff.map { ", to come back after \($0) s" } ?? ""
      fail("the peer released the connection without an answer\(wait)\(connection.peerText)")
    case .closed(let end):
      if let reason = end.reason(arguments.connection) { fail(reason) }
    default: break
    }
  }

  mutating func didEnd(_ reason: String) {
    fail(reason)
  }

  private mutating func send(on connection: inout Connection, at now: Instant) {
    let content = self.content
    let timeout = arguments.timeout.span
    do throws(CommandError) {
      request = try connection.request(content.method, timeout: timeout, at: now) {
        writer throws(WriteError) in try content.write(to: &writer)
      }
    } catch {
      switch error {
      case .tooLarge where !connection.isOpen, .noRoom: return
      case .tooLarge:
        let size = connection.peerCapabilities.maximumMessageByteCount
        fail("the request is larger than the \(size) bytes that the peer takes")
      case .invalid(let reason):
        fail("the request cannot be written: \(text(reason))")
      default: return
      }
      connection.release(at: now)
    }
  }

  /// - Returns: the code of the response that the last event spoke of.
  private func show(_ connection: borrowing Connection) -> Code? {
    guard let response = connection.message else { return nil }
    showResponse(response, verbosely: arguments.verbose)
    return response.code
  }

  /// The first reason is the one to tell.
  private mutating func fail(_ reason: String) {
    if outcome == nil { outcome = .failed(reason) }
  }

  /// Nil when the end of the connection will say more.
  private func text(_ failure: RequestFailure) -> String? {
    switch failure {
    case .timedOut: "no response within \(arguments.timeout) s"
    case .connectionEnded: nil
    case .unknownCriticalOption(.block1), .unknownCriticalOption(.block2):
      "the peer wants to go on in blocks, which is not supported yet"
    case .unknownCriticalOption(let number):
      "the response has the critical option \(number.rawValue), which is not understood"
    case .responseTooLarge: "the response is larger than announced"
    }
  }

  private func text(_ error: WriteError) -> String {
    switch error {
    case .tooLarge: "it is too large"
    case .outOfOrder, .payloadBegun: "its options are out of order"
    case .invalidValue: "an option has a value of a length that it must not have"
    case .repeated: "an option is repeated that must not be"
    }
  }
}
