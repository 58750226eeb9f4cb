import CMbedTLS
import Port

/// The memory of a ``TLSContext``.
@safe
public struct TLSContextMemory: ~Copyable {
  var configuration = unsafe mbedtls_ssl_config()
  var generator = unsafe mbedtls_ctr_drbg_context()
  var tickets = unsafe mbedtls_ssl_ticket_context()
  var pool = EntropyPool()
  var keys = unsafe UnsafeBufferPointer<PreSharedKey>(start: nil, count: 0)
  /// Stands in for the keys of unknown identities.
  private var decoy = InlineArray<32, UInt8>(repeating: 0)

  var hasKeys = false
  package var hasCertificates = false
  /// What ``PortTLSCertificates`` keeps here.
  package var certificates: UnsafeMutableRawPointer?
  /// The date, as of the last connection that was begun.
  package var unixTime: UInt32?
  /// Whose handshake is being advanced: mbedTLS's callbacks are told about the context only.
  package var current: UnsafeMutablePointer<TLSSession>?

  /// Memory for one context.
  public init() {}

  @unsafe
  static func of(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutablePointer<TLSContextMemory> {
    unsafe pointer.assumingMemoryBound(to: TLSContextMemory.self)
  }

  /// Tells mbedTLS the key of an identity.
  ///
  /// Mutating, because what is not would be handed a copy of all this.
  @unsafe
  mutating func setKey(
    of identity: UnsafeBufferPointer<UInt8>, on ssl: UnsafeMutablePointer<mbedtls_ssl_context>
  ) -> Int32 {
    for index in unsafe keys.indices where unsafe keys[index].hasIdentity(identity) {
      let key = unsafe keys[index].key
      return unsafe ctls_set_handshake_key(ssl, key.baseAddress, key.count)
    }
    return unsafe decoy.span.withUnsafeBufferPointer { bytes in
      unsafe ctls_set_handshake_key(ssl, bytes.baseAddress, bytes.count)
    }
  }

  @unsafe
  mutating func withDecoy(_ body: (UnsafeMutableBufferPointer<UInt8>) -> Int32) -> Int32 {
    var bytes = decoy.mutableSpan
    return unsafe bytes.withUnsafeMutableBufferPointer { unsafe body($0) }
  }
}
