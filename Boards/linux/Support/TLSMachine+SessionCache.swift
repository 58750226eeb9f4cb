import CMbedTLS
import PortTLS

extension TLSMachine {
  /// Lets the clients of a server resume by session identifier, those that take no tickets (RFC 5246
  /// section 7.3). mbedTLS keeps the latest 50 sessions for a day.
  static func rememberSessions(of context: TLSContext) {
    let cache = UnsafeMutablePointer<SessionCache>.allocate(capacity: 1)
    unsafe cache.initialize(to: SessionCache(context))
    unsafe mbedtls_ssl_conf_session_cache(
      context.configuration, cache,
      { cache, session in
        unsafe SessionCache.of(cache!).pointee.withName(in: session!) { cache in
          unsafe mbedtls_ssl_cache_get(cache, session)
        }
      },
      { cache, session in
        // The caller's own variable; it is as before in the end.
        let own = unsafe UnsafeMutablePointer(mutating: session!)
        return unsafe SessionCache.of(cache!).pointee.withName(in: own) { cache in
          unsafe mbedtls_ssl_cache_set(cache, session)
        }
      })
  }
}

/// Sessions by identifier and server name: a client that asks for another name finds none.
@safe
private struct SessionCache {
  private var sessions = unsafe mbedtls_ssl_cache_context()
  private let context: TLSContext

  init(_ context: TLSContext) {
    self.context = context
    unsafe mbedtls_ssl_cache_init(&sessions)
  }

  @unsafe
  static func of(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<SessionCache> {
    unsafe pointer.assumingMemoryBound(to: SessionCache.self)
  }

  @unsafe
  mutating func withName(
    in session: UnsafeMutablePointer<mbedtls_ssl_session>,
    _ body: (UnsafeMutablePointer<mbedtls_ssl_cache_context>) -> Int32
  ) -> Int32 {
    let name = unsafe context.memory.pointee.current?.pointee.askedName ?? ServerNameDigest()
    unsafe name.toggle(in: session)
    defer { unsafe name.toggle(in: session) }
    return unsafe body(&sessions)
  }
}
