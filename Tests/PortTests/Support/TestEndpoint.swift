import DeviceCore
import Port

/// An endpoint with its memory, served by ``TestService``.
@safe
final class TestEndpoint<Stream: ByteStream> {
  typealias Storage = ConnectionStorage<1152, 1232, 4, 1>

  private var endpoint: Endpoint<Stream>
  private var service = TestService()
  private let storage = Pinned(Storage())
  /// What the clock says.
  var now = Instant(rawValue: 1000)

  init(_ stream: Stream, role: Connection.Role = .acceptor) {
    let memory = unsafe Storage.memory(of: storage.pointer)
    endpoint = Endpoint(
      connection: Connection(role: role, memory: memory, firstToken: 0, at: now), stream: stream)
  }

  var events: [Event] { service.events }
  var requestCount: Int { service.events.count { $0 == .request } }
  var failure: TLSFailure? { endpoint.failure }
  var deadline: Instant? { endpoint.connection.deadline }
  var wantsInput: Bool { endpoint.connection.wantsInput }
  var hasUnprocessedInput: Bool { endpoint.connection.hasUnprocessedInput }
  /// The payload of the last response.
  var payload: [UInt8] { service.payload }

  func pump() -> Endpoint<Stream>.Progress { endpoint.pump(&service, at: now) }

  /// Pumps until there is nothing to do at once.
  @discardableResult
  func settle() -> Endpoint<Stream>.Progress {
    for _ in 0..<10_000 {
      let progress = pump()
      if progress != .busy { return progress }
    }
    return .busy
  }

  /// Posts to `/echo`.
  func post(_ payload: [UInt8]) throws {
    _ = try endpoint.connection.request(.post, at: now) { writer throws(WriteError) in
      try writer.append(.uriPath, "echo")
      try writer.append(payload: payload.span)
    }
  }

  func release() { endpoint.connection.release(at: now) }
}
