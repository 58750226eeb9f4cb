extension Response {
  /// Checks If-Match, If-None-Match and ETag against the present representation (RFC 7252 sections 5.10.6
  /// and 5.10.8).
  ///
  /// - Returns: true when the client has the representation already: 2.03 is the answer.
  /// - Throws: 4.12 when a condition is not met.
  @inline(never)
  mutating func meetConditions(
    of request: Request, eTag: UInt32?, exists: Bool
  ) throws(Refusal) -> Bool {
    self.eTag = eTag
    let options = request.options
    guard options.hasIfMatch || options.hasIfNoneMatch || options.hasETag else { return false }
    // Later parts of a body belong to the request that met the conditions with the first one.
    if let part = request.part, !part.isFirst { return false }
    if options.hasIfNoneMatch && exists { throw .preconditionFailed }
    var space = InlineArray<8, UInt8>(repeating: 0)
    let value = Token(eTag ?? 0).copied(to: &space)
    if options.hasIfMatch {
      let isEnough = request.has(.ifMatch, value.extracting(first: 0))
      let isMatch = eTag != nil && request.has(.ifMatch, value)
      guard exists && (isEnough || isMatch) else { throw .preconditionFailed }
    }
    guard request.method == .get, options.hasETag, exists, eTag != nil,
      request.has(.eTag, value)
    else { return false }
    begin(.valid)
    return true
  }
}
