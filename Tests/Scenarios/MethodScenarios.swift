import DeviceCore

// FETCH, PATCH and iPATCH (RFC 8132).

/// Two bytes that are patched together or not at all.
private struct Document: Resource {
  var path: StaticString { "" }
  var first: UInt8 = 1
  var second: UInt8 = 2
  var patchCount = 0

  mutating func fetch(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard request.contentFormat != nil else { throw .unsupportedContentFormat }
    response.begin(.content, .octetStream)
    let bytes: InlineArray<2, UInt8> = [first, second]
    response.append(bytes.span)
    response.append(request.payload)
  }

  mutating func patch(_ request: Request, _ response: inout Response) throws(Refusal) {
    patchCount += 1
    try request.requireContentFormat(.octetStream)
    guard request.payload.count >= 2 else { throw .badRequest("two bytes") }
    guard request.payload[0] != 0 else { throw Refusal(.unprocessableEntity) }
    guard request.payload[1] > second else { throw Refusal(.conflict) }
    (first, second) = (request.payload[0], request.payload[1])
    response.changed()
  }

  mutating func iPatch(_ request: Request, _ response: inout Response) throws(Refusal) {
    try patch(request, &response)
  }
}

@inline(never)
private func feed(
  _ end: inout TestEnd, _ resources: inout Resources<SingleResource<Document>>, _ hex: StaticString
) {
  let store = ByteStore(.input, hex: hex)
  end.feed(store.bytes, serving: &resources)
}

// M-01 M-02
func methods_fetch_isAskedByItsPayload(_ check: inout Checker) {
  var resources = Resources { Document() }
  var end = TestEnd()
  feed(&end, &resources, "4105 01 c12a ff61  2105 02 ff61  4105 03 c12a ff62")
  check.expectMessages(
    &end, "2.05 T:01 O:12=2a P:3:010261 / 4.15 T:02 O:- P:0 / 2.05 T:03 O:12=2a P:3:010262")
  check.expectOpen(&end)
}

// M-03 M-04: each refusal has its code and leaves the state alone.
func methods_patch_isDoneOrNot(_ check: inout Checker) {
  for method in 0..<2 {
    var resources = Resources { Document() }
    var end = TestEnd()
    feed(
      &end, &resources,
      method == 0
        ? "2106 01 ff05  3106 02 ff0005  3106 03 ff0501  5106 04 c13c ff0505  5106 05 c12a ff0709"
        : "2107 01 ff05  3107 02 ff0005  3107 03 ff0501  5107 04 c13c ff0505  5107 05 c12a ff0709")
    check.expectMessages(
      &end,
      """
      4.00 T:01 O:- P:9:74776f206279746573 / 4.22 T:02 O:- P:0 / 4.09 T:03 O:- P:0 / 4.15 T:04 O:- \
      P:0 / 2.04 T:05 O:- P:0
      """)
    check.expect(resources.table.resource.first == 7 && resources.table.resource.second == 9)
    check.expectOpen(&end)
  }
}

// M-03 M-05: a patch in blocks is none before its last block.
func methods_patchInBlocks_isDoneAtItsEnd(_ check: inout Checker) {
  var resources = Resources { Document() }
  var end = TestEnd(sizes: .bodies)
  feed(&end, &resources, "d10706 01 d10e08 ff 0909 {41*14}")
  check.expectMessages(&end, "2.31 T:01 O:27=08 P:0")
  check.expect(resources.table.resource.patchCount == 0 && resources.table.resource.first == 1)
  feed(&end, &resources, "d10706 02 d10e28 ff 0909 {41*14}")
  check.expectMessages(&end, "4.08 T:02 O:- P:18")
  check.expect(resources.table.resource.patchCount == 0 && resources.table.resource.first == 1)
  feed(&end, &resources, "d10706 03 d10e08 ff 0909 {41*14}  5106 04 d10e10 ff41")
  check.expectMessages(&end, "2.31 T:03 O:27=08 P:0 / 2.04 T:04 O:27=10 P:0")
  check.expect(resources.table.resource.patchCount == 1 && resources.table.resource.first == 9)
  check.expectOpen(&end)
}
