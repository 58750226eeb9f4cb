import Port
import PortTLS

/// What a firmware proves itself with over TLS, and how it knows its clients.
///
/// A board names one type for it: ``SharedKeyCredentials``, or `CertificateCredentials` of the module
/// `BoardFirmwareCertificates`. Only with the latter is code for certificates linked.
public protocol FirmwareCredentials {
  /// Takes the memory for it, without touching it.
  ///
  /// - Precondition: see ``MemoryRegion``.
  @unsafe
  init(_ region: inout MemoryRegion)

  /// Adds to the context what the machine was given, see ``Provisioning``, and says on its console what that is.
  ///
  /// - Returns: false when there is nothing that can be used.
  /// - Precondition: the memory is there. It is called once.
  @unsafe
  func add(to context: TLSContext, from machine: (some Machine).Type) -> Bool

  /// A few words about a fault that only these credentials lead to; nil for the others.
  static func text(_ fault: TLSFault) -> StaticString?
}

extension FirmwareCredentials {
  public static func text(_ fault: TLSFault) -> StaticString? { nil }
}

/// A pre-shared key.
@safe
public struct SharedKeyCredentials: FirmwareCredentials {
  private let place: UnsafeMutablePointer<PreSharedKey>

  @unsafe
  public init(_ region: inout MemoryRegion) {
    unsafe place = unsafe region.take(PreSharedKey.self)
  }

  @unsafe
  public func add(to context: TLSContext, from machine: (some Machine).Type) -> Bool {
    guard let given = unsafe machine.provisioning.sharedKey,
      let key = unsafe PreSharedKey(identity: given.identity, key: given.key)
    else { return false }
    unsafe place.initialize(to: key)
    do throws(TLSFault) {
      try unsafe context.use(UnsafeBufferPointer(start: place, count: 1))
    } catch {
      return false
    }
    machine.write("TLS: a pre-shared key\n")
    return true
  }
}
