import CHarness
@testable import DeviceCore

/// Writes one message after the other to the same memory.
func build(_ selected: harness_case, count: UInt32) {
  var memory = InlineArray<256, UInt8>(repeating: 0)
  for index in 0..<count {
    var bytes = memory.mutableSpan
    // The pointer is used within the closure only.
    let length = unsafe bytes.withUnsafeMutableBufferPointer { region in
      selected == harness_build_get ? unsafe buildGet(region) : unsafe buildContent(region)
    }
    harness_consume(UInt32(truncatingIfNeeded: length))
    if index == 0 { check(selected, memory.span.extracting(first: length)) }
  }
}

@inline(never)
func buildGet(_ region: UnsafeMutableBufferPointer<UInt8>) -> Int {
  do throws(WriteError) {
    var writer = try unsafe MessageWriter(
      region: region, limit: 200, code: .get, token: Input.token)
    try writer.append(.uriPath, Input.firstSegment)
    try writer.append(.uriPath, Input.secondSegment)
    try writer.append(.uriQuery, Input.query)
    try writer.append(.accept, uint: harness_accept())
    return writer.finish()
  } catch {
    fail("not built")
  }
}

@inline(never)
func buildContent(_ region: UnsafeMutableBufferPointer<UInt8>) -> Int {
  do throws(WriteError) {
    var writer = try unsafe MessageWriter(
      region: region, limit: 200, code: .content, token: Input.token)
    try writer.append(.contentFormat, uint: harness_content_format())
    try writer.append(.maxAge, uint: harness_max_age())
    try writer.append(payload: Input.payload)
    return writer.finish()
  } catch {
    fail("not built")
  }
}
