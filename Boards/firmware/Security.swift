import Port
import PortTLS
import TLSArena

/// What a firmware has for TLS: a context with the credentials that the board was given.
@safe
struct Security {
  let context: TLSContext
  let sessions: TLSSessionPool

  /// - Returns: nil when there are no credentials, no random bits, or no memory.
  /// - Precondition: the memory is initialised and for nothing else. It is called once.
  @unsafe
  init?<Stream, Credentials>(
    _ machine: (some Machine).Type, memory: FirmwareMemory<Stream, Credentials>, board: inout some Board
  ) {
    unsafe TLSArena.use(memory.arena)
    do throws(TLSFault) {
      context = try unsafe TLSContext(.server, memory: memory.context, board: &board)
    } catch {
      return nil
    }
    guard unsafe memory.credentials.add(to: context, from: machine) else { return nil }
    sessions = unsafe TLSSessionPool(memory.sessions)
  }
}
