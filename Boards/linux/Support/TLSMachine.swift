import DeviceCore
import Port
import PortSockets
import PortTLS

/// Memory for TLS in a Linux process. It lives as long as the process.
public enum TLSMachine {
  /// Places for the sessions of so many connections at a time.
  public static func makeSessions(_ count: Int) -> TLSSessionPool {
    let sessions = UnsafeMutableBufferPointer<TLSSession>.allocate(capacity: count)
    for index in sessions.indices { unsafe sessions.initializeElement(at: index, to: TLSSession()) }
    return unsafe TLSSessionPool(sessions)
  }

  /// A context without any key.
  static func makeContext(
    _ role: TLSContext.Role, board: inout SocketBoard
  ) throws(SecurityFailure) -> TLSContext {
    let memory = UnsafeMutablePointer<TLSContextMemory>.allocate(capacity: 1)
    unsafe memory.initialize(to: TLSContextMemory())
    do throws(TLSFault) {
      return unsafe try TLSContext(role, memory: memory, board: &board)
    } catch {
      throw SecurityFailure("TLS cannot be set up: \(error.text(TLSCircumstances(role)))")
    }
  }

  /// Lets a context use `keys`.
  static func use(_ keys: [SharedKey], in context: TLSContext) throws(SecurityFailure) {
    let kept = UnsafeMutableBufferPointer<PreSharedKey>.allocate(capacity: keys.count)
    for (index, key) in keys.enumerated() {
      // A value that exists has the right lengths.
      let preShared = unsafe PreSharedKey(identity: keep(key.identity), key: keep(key.key))!
      unsafe kept.initializeElement(at: index, to: preShared)
    }
    do throws(TLSFault) {
      unsafe try context.use(UnsafeBufferPointer(kept))
    } catch {
      throw SecurityFailure("keys cannot be used: \(error.text(TLSCircumstances(.server)))")
    }
  }

  @unsafe
  private static func keep(_ bytes: [UInt8]) -> UnsafeBufferPointer<UInt8> {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
    _ = unsafe copy.initialize(from: bytes)
    return UnsafeBufferPointer(copy)
  }
}
