import CMbedTLS

/// For which server name a session was made: a server resumes it for no other (RFC 6066 section 3).
///
/// mbedTLS keeps no name with a session. Its identifier has room for the digest: a ticket needs none, and in
/// a cache both are put together.
package struct ServerNameDigest: Equatable {
  /// Zeros when no name was asked for.
  private var bytes = InlineArray<32, UInt8>(repeating: 0)

  /// No name.
  package init() {}

  /// Of a name, without regard to the case of its letters.
  ///
  /// - Returns: nil for a name that is longer than names are.
  @unsafe
  package init?(_ name: UnsafeBufferPointer<UInt8>) {
    var letters = InlineArray<255, UInt8>(repeating: 0)
    guard name.count <= letters.count else { return nil }
    for index in name.indices {
      let byte = unsafe name[index]
      letters[index] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
    let result = unsafe letters.span.withUnsafeBufferPointer { input in
      var space = bytes.mutableSpan
      return unsafe space.withUnsafeMutableBufferPointer { output in
        unsafe mbedtls_sha256_ret(input.baseAddress, name.count, output.baseAddress, 0)
      }
    }
    guard result == 0 else { return nil }
  }

  /// Mixes the digest into a session's identifier, or takes it out again.
  @unsafe
  package func toggle(in session: UnsafeMutablePointer<mbedtls_ssl_session>) {
    unsafe withUnsafeMutableBytes(of: &session.pointee.id) { identifier in
      for index in bytes.indices { unsafe identifier[index] ^= bytes[index] }
    }
  }

  /// What the identifier of a ticket's session holds.
  @unsafe
  init(identifierOf session: UnsafeMutablePointer<mbedtls_ssl_session>) {
    unsafe withUnsafeBytes(of: &session.pointee.id) { identifier in
      for index in bytes.indices { unsafe bytes[index] = identifier[index] }
    }
  }

  package static func == (one: ServerNameDigest, other: ServerNameDigest) -> Bool {
    for index in one.bytes.indices where one.bytes[index] != other.bytes[index] { return false }
    return true
  }
}

// Tickets, with the name that they are for.

extension TLSContextMemory {
  /// Writes a ticket.
  @unsafe
  mutating func writeTicket(
    _ session: UnsafePointer<mbedtls_ssl_session>, _ start: UnsafeMutablePointer<UInt8>?,
    _ end: UnsafePointer<UInt8>?, _ count: UnsafeMutablePointer<Int>?,
    _ lifetime: UnsafeMutablePointer<UInt32>?
  ) -> Int32 {
    // The caller's own variable; it is as before in the end.
    let session = unsafe UnsafeMutablePointer(mutating: session)
    let identifierCount = unsafe session.pointee.id_len
    let name = unsafe current?.pointee.askedName ?? ServerNameDigest()
    unsafe name.toggle(in: session)
    unsafe session.pointee.id_len = 32
    defer {
      unsafe name.toggle(in: session)
      unsafe session.pointee.id_len = identifierCount
    }
    return unsafe mbedtls_ssl_ticket_write(&tickets, session, start, end, count, lifetime)
  }

  /// Reads a ticket. One for another name is as good as none; where the client says its name later, what is
  /// compared then is kept.
  @unsafe
  mutating func readTicket(
    _ session: UnsafeMutablePointer<mbedtls_ssl_session>, _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int
  ) -> Int32 {
    let result = unsafe mbedtls_ssl_ticket_parse(&tickets, session, bytes, count)
    guard result == 0 else { return result }
    let ticketName = unsafe ServerNameDigest(identifierOf: session)
    if let name = unsafe current?.pointee.askedName {
      return name == ticketName ? 0 : MBEDTLS_ERR_SSL_INVALID_MAC
    }
    unsafe current?.pointee.ticketName = ticketName
    return 0
  }
}

extension TLSSessionHandle {
  /// Whether a client resumes with a ticket for a name that it has not asked for.
  var isTicketForAnotherName: Bool {
    guard let ticketName = unsafe session.pointee.ticketName else { return false }
    return ticketName != (unsafe session.pointee.askedName ?? ServerNameDigest())
  }
}
