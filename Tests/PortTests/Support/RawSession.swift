import CMbedTLS
import Port

@testable import PortTLS

/// What mbedTLS itself can be made to send through a side's first session.
@safe
struct RawSession {
  private let ssl: UnsafeMutablePointer<mbedtls_ssl_context>

  init(_ side: TLSSide) {
    unsafe ssl = withUnsafeMutablePointer(to: &side.firstSession.pointee.ssl) { unsafe $0 }
  }

  /// The records that `action` makes, instead of sending them.
  func records(of action: (UnsafeMutablePointer<mbedtls_ssl_context>) -> Int32) -> [UInt8] {
    let collected = Pinned([UInt8]())
    let (context, send, receive) = unsafe (ssl.pointee.p_bio, ssl.pointee.f_send, ssl.pointee.f_recv)
    unsafe mbedtls_ssl_set_bio(
      ssl, collected.pointer,
      { collected, bytes, count in
        let bytes = unsafe UnsafeBufferPointer(start: bytes, count: count)
        unsafe collected!.assumingMemoryBound(to: [UInt8].self).pointee += bytes
        return Int32(count)
      }, nil, nil)
    _ = unsafe action(ssl)
    unsafe mbedtls_ssl_set_bio(ssl, context, send, receive, nil)
    return unsafe collected.pointer.pointee
  }
}
