import CMbedTLS
import DeviceCore
import Port

/// The memory of one TLS connection, beside what mbedTLS allocates while there is one.
///
/// It does not move while it is in use: mbedTLS keeps pointers into it.
@safe
public struct TLSSession: ~Copyable {
  var ssl = unsafe mbedtls_ssl_context()
  var context: TLSContext?
  var phase = Phase.free
  // Two, for a read may have an alert to write: mbedTLS then asks for both before it goes on with either.
  var input = unsafe Transfer()
  var output = unsafe Transfer()
  /// Bytes of the caller in the record that is encrypted and not written yet.
  var sealedCount = 0
  /// The peer has said close_notify.
  var hasPeerFinished = false
  var requiresApplicationProtocol = false
  /// Whether the keys are those of an earlier handshake.
  var isResumed = false
  /// Of a server, the name that the client asked for, if it has a certificate for it.
  package var askedName: ServerNameDigest?
  /// The name that the ticket is for which the client resumes with, when it came before the name itself.
  package var ticketName: ServerNameDigest?
  /// The address that the server's certificate has to name, when it was dialled by address.
  package var serverAddress: IPAddress?
  /// What the check of the peer's certificate has found.
  package var certificateFault: CertificateFault?

  /// Where a session is in its life.
  enum Phase: Equatable {
    case free
    case handshaking
    case open
    /// The writing side is being closed: whether close_notify is in a record yet.
    case finishing(isNotified: Bool)
    /// The writing side is closed.
    case finished
    /// An alert is on its way.
    case failing(TLSFailure)
    /// The alert is out; the peer gets a chance to read it.
    case draining(TLSFailure)
    case failed(TLSFailure)
  }

  /// What mbedTLS asked its transport for. Its functions return then, the bytes are moved from or to the very
  /// place, and mbedTLS is called again.
  @unsafe
  struct Transfer {
    var place: UnsafeMutablePointer<UInt8>?
    /// Of input: none when nothing is asked for.
    var count = 0
    /// How many of them were moved since.
    var movedCount = 0
    /// The transport has no more input.
    var hasEnded = false
  }

  /// The name that the server's certificate has to have, when it was dialled by name.
  @unsafe package var serverName: UnsafeBufferPointer<UInt8>? {
    mutating get {
      guard let name = unsafe ctls_server_name(&ssl) else { return nil }
      return unsafe UnsafeBufferPointer(
        start: UnsafeRawPointer(name).assumingMemoryBound(to: UInt8.self), count: strlen(name))
    }
  }

  /// Memory for one connection at a time.
  public init() {}
}

/// Sessions to take one from for each connection.
@safe
public struct TLSSessionPool {
  private let sessions: UnsafeMutableBufferPointer<TLSSession>

  /// - Precondition: the memory of `sessions` is initialised, outlives this value and does not move.
  @unsafe
  public init(_ sessions: UnsafeMutableBufferPointer<TLSSession>) {
    unsafe self.sessions = sessions
  }

  /// A session that is not in use.
  func take() -> TLSSessionHandle? {
    for index in unsafe sessions.indices where unsafe sessions[index].phase == .free {
      return unsafe TLSSessionHandle(sessions.baseAddress! + index)
    }
    return nil
  }

  var hasFree: Bool { take() != nil }

  /// How many connections there are now.
  public var usedCount: Int {
    var count = 0
    for index in unsafe sessions.indices where unsafe sessions[index].phase != .free { count += 1 }
    return count
  }
}
