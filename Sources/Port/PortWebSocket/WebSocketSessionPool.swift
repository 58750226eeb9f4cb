import DeviceCore

/// Sessions to take one from for each connection.
@safe
public struct WebSocketSessionPool {
  private let sessions: UnsafeMutableBufferPointer<WebSocketSession>

  /// - Precondition: the memory of `sessions` is initialised, outlives this value and does not move.
  @unsafe
  public init(_ sessions: UnsafeMutableBufferPointer<WebSocketSession>) {
    unsafe self.sessions = sessions
  }

  /// A session that is not in use.
  @unsafe
  func take() -> UnsafeMutablePointer<WebSocketSession>? {
    for index in unsafe sessions.indices where unsafe sessions[index].phase == .free {
      return unsafe sessions.baseAddress! + index
    }
    return nil
  }

  var hasFree: Bool { unsafe take() != nil }

  /// How many connections there are now.
  public var usedCount: Int {
    var count = 0
    for index in unsafe sessions.indices where unsafe sessions[index].phase != .free { count += 1 }
    return count
  }
}
