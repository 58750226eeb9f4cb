import DeviceCore
import Port

/// The client's end: keeps what the last events said, for the checks to look at.
@safe
struct Client: ~Copyable, EndpointDelegate {
  /// The peer's CSM has come.
  private(set) var hasCapabilities = false
  private(set) var hasPong = false
  /// The peer wants the connection to end.
  private(set) var hasRelease = false
  /// Why the connection is over, as soon as it is.
  private(set) var end: ConnectionEnd?
  /// The request that was answered, or failed.
  private(set) var answered: RequestID?
  /// Of the last answer; 0.00 when the request failed.
  private(set) var code = Code.empty
  private let content: UnsafeMutableBufferPointer<UInt8>
  private var contentCount = 0

  /// A client that keeps a payload in memory that only it uses.
  init() {
    unsafe content = Memory.content
  }

  /// What the last answer had as its payload.
  var payload: Span<UInt8> {
    @_lifetime(&self)
    mutating get {
      // Only `keep` writes there.
      let bytes = unsafe Span(_unsafeElements: content).extracting(0..<contentCount)
      return unsafe _overrideLifetime(bytes, mutating: &self)
    }
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    switch event {
    case .capabilities: hasCapabilities = true
    case .response(let request):
      keep(connection)
      answered = request
    case .requestFailed(let request, _):
      code = .empty
      contentCount = 0
      answered = request
    case .pong: hasPong = true
    case .release: hasRelease = true
    case .closed(let reason): end = reason
    default: break
    }
  }

  private mutating func keep(_ connection: borrowing Connection) {
    guard let message = connection.message else { return }
    code = message.code
    contentCount = unsafe min(message.payload.count, content.count)
    for index in 0..<contentCount { unsafe content[index] = message.payload[index] }
  }
}
