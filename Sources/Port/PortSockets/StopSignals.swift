import CSockets
import Port

/// SIGINT and SIGTERM as something that a board's wait ends for, instead of an end of the process.
public struct StopSignals {
  private let descriptor: Int32
  private let readiness: ReadinessTable

  /// From now on the two signals are held back and asked for.
  ///
  /// - Returns: nil when the system has no descriptor left.
  public init?(board: SocketBoard) {
    descriptor = csockets_stop_signals()
    guard descriptor >= 0, board.watch(descriptor) else { return nil }
    readiness = board.readiness
  }

  /// The number of a signal that has come, or nil.
  public func take() -> Int32? {
    guard readiness.mayRead(descriptor) else { return nil }
    let signal = csockets_take_signal(descriptor)
    guard signal != 0 else {
      readiness.didBlockReading(descriptor)
      return nil
    }
    return signal
  }
}
