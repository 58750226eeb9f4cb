import CMbedTLS
import Port
import PortTLS

/// Looks at one certificate of the peer's chain, after mbedTLS has; from the trusted one down to the peer's.
///
/// mbedTLS 2.28 takes the date from the C library, does not look at addresses, and falls back to the common
/// name: these are decided here.
@unsafe
func checkCertificate(
  _ raw: UnsafeMutableRawPointer?, _ certificate: UnsafeMutablePointer<mbedtls_x509_crt>?, _ depth: Int32,
  _ flags: UnsafeMutablePointer<UInt32>?
) -> Int32 {
  guard let raw = unsafe raw, let certificate = unsafe certificate, let flags = unsafe flags else {
    return MBEDTLS_ERR_X509_FATAL_ERROR
  }
  let context = unsafe raw.assumingMemoryBound(to: TLSContextMemory.self)
  let memory = unsafe context.pointee.certificates!.assumingMemoryBound(to: TLSCertificates.Memory.self)
  guard let session = unsafe context.pointee.current else { return MBEDTLS_ERR_X509_FATAL_ERROR }

  let ours = UInt32(
    MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE | MBEDTLS_X509_BADCERT_CN_MISMATCH)
  unsafe flags.pointee &= ~ours
  var fault = unsafe foundFault(flags.pointee)
  if unsafe fault == nil && Int(depth) > memory.pointee.longestChain {
    fault = .chainTooLong
    unsafe flags.pointee |= UInt32(MBEDTLS_X509_BADCERT_OTHER)
  }
  if unsafe !memory.pointee.ignoresDates,
    let outOfDate = unsafe validityFault(certificate, at: context.pointee.unixTime)
  {
    fault = fault ?? outOfDate
    let flag = outOfDate == .expired ? MBEDTLS_X509_BADCERT_EXPIRED : MBEDTLS_X509_BADCERT_FUTURE
    unsafe flags.pointee |= UInt32(flag)
  }
  // Of an optional certificate mbedTLS would only note that it is for another use.
  if depth == 0, unsafe memory.pointee.isOptional && memory.pointee.isOfClients,
    unsafe !ctls_is_for_clients(certificate)
  {
    fault = fault ?? .wrongUse
  }
  if depth == 0, unsafe !memory.pointee.isOfClients && !isForServer(session, certificate) {
    fault = fault ?? .wrongName
    unsafe flags.pointee |= UInt32(MBEDTLS_X509_BADCERT_CN_MISMATCH)
  }
  if unsafe session.pointee.certificateFault == nil { unsafe session.pointee.certificateFault = fault }
  // What is wrong with an optional certificate, mbedTLS would only note.
  let isRefused = unsafe memory.pointee.isOptional && session.pointee.certificateFault != nil
  return depth == 0 && isRefused ? MBEDTLS_ERR_X509_FATAL_ERROR : 0
}

/// What mbedTLS has found.
private func foundFault(_ flags: UInt32) -> CertificateFault? {
  func has(_ flag: Int32) -> Bool { flags & UInt32(flag) != 0 }
  if has(MBEDTLS_X509_BADCERT_NOT_TRUSTED) { return .untrusted }
  if has(MBEDTLS_X509_BADCERT_REVOKED) { return .revoked }
  if has(MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY) {
    return .weak
  }
  if has(
    MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE
      | MBEDTLS_X509_BADCERT_NS_CERT_TYPE)
  {
    return .wrongUse
  }
  return flags == 0 ? nil : .other
}

@unsafe
private func validityFault(
  _ certificate: UnsafeMutablePointer<mbedtls_x509_crt>, at now: UInt32?
) -> CertificateFault? {
  guard let now else { return .dateUnknown }
  if unsafe now < secondsSince1970(certificate.pointee.valid_from) { return .notYetValid }
  if unsafe now > secondsSince1970(certificate.pointee.valid_to) { return .expired }
  return nil
}

/// Whether the certificate is that of the server that was dialled; no server at all is none of them.
@unsafe
private func isForServer(
  _ session: UnsafeMutablePointer<TLSSession>, _ certificate: UnsafeMutablePointer<mbedtls_x509_crt>
) -> Bool {
  if let address = unsafe session.pointee.serverAddress {
    return unsafe SubjectNames(certificate).contain(address: address)
  }
  guard let name = unsafe session.pointee.serverName else { return false }
  return unsafe SubjectNames(certificate).contain(name: name)
}

/// Cut to what 32 bits hold: 1970 to 2106.
private func secondsSince1970(_ time: mbedtls_x509_time) -> UInt32 {
  guard time.year >= 1970 else { return 0 }
  guard time.year < 2106 else { return .max }
  let year = UInt32(time.year)
  let month = UInt32(clamping: time.mon)
  // Years that begin in March, so that the leap day is the last one (days from the civil calendar).
  let shifted = month > 2 ? year : year - 1
  let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + UInt32(clamping: time.day) - 1
  let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  return days * 86_400 + UInt32(clamping: time.hour) * 3600 + UInt32(clamping: time.min) * 60
    + UInt32(clamping: time.sec)
}
