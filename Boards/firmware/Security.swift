import CMbedTLS
import Port
import PortTLS
import TLSArena

/// What a firmware has for TLS: a context with the key that the board was given.
@safe
struct Security {
  let context: TLSContext
  let sessions: TLSSessionPool

  /// - Returns: nil when there is no key, no random bits, or no memory.
  /// - Precondition: the memory is initialised and for nothing else. It is called once.
  @unsafe
  init?<Stream>(
    _ provisioning: Provisioning, memory: FirmwareMemory<Stream>, board: inout some Board
  ) {
    guard let given = unsafe provisioning.sharedKey,
      let key = unsafe PreSharedKey(identity: given.identity, key: given.key)
    else { return nil }
    unsafe memory.key.initialize(to: key)
    unsafe TLSArena.use(memory.arena)
    do throws(TLSFault) {
      context = try unsafe TLSContext(.server, memory: memory.context, board: &board)
      try unsafe context.use(UnsafeBufferPointer(start: memory.key, count: 1))
    } catch {
      return nil
    }
    sessions = unsafe TLSSessionPool(memory.sessions)
  }
}
