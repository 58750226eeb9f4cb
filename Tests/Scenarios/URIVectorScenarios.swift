import DeviceCore

// Every vector of group U, from the URI to the options and back.

/// Calls `body` with each vector and its request.
@inline(never)
private func forEachVector(
  _ check: inout Checker, _ body: (URIVector, ByteStore, inout Checker) -> Void
) {
  for index in 0..<URIVectorTable.count {
    let vector = URIVectorTable.vector(at: index)
    check.subject = vector.id
    body(vector, ByteStore(.vector, hex: vector.request), &check)
  }
  check.subject = ""
}

// U-05 U-06 U-07 U-20 U-21 U-22 U-23 X-46 X-47
func uriVectors_uri_givesItsOptions(_ check: inout Checker) {
  forEachVector(&check) { vector, request, check in
    var found = ByteStore(.toServer)
    found.storeRequest(vector.uri.bytes, to: vector.destination)
    check.expect(haveSameOptions(found.bytes, request.bytes), "other options")
  }
}

// U-24 X-48 X-49 X-50
func uriVectors_options_makeTheURI(_ check: inout Checker) {
  forEachVector(&check) { vector, request, check in
    var text = ByteStore(.toClient)
    check.expect(text.storeURI(of: request.bytes, sentTo: vector.destination) == nil, "no URI")
    check.expect(text.bytes.isEqual(to: vector.composed), "another URI")
  }
}

func uriVectors_composed_givesItsOptions(_ check: inout Checker) {
  forEachVector(&check) { vector, request, check in
    var found = ByteStore(.toServer)
    found.storeRequest(vector.composed.bytes, to: vector.destination)
    check.expect(haveSameOptions(found.bytes, request.bytes), "other options")
  }
}

// U-20 U-21 U-22: where the connection goes to the URI's own host and port.
func uriVectors_onTheirOwnConnection_saveTheHost(_ check: inout Checker) {
  var count = 0
  forEachVector(&check) { vector, request, check in
    guard let uri = try? CoAPURI(vector.uri.bytes) else { return check.fail("no URI") }
    guard uri.port == vector.port, uri.hostForm == .name || uri.isHost(vector.address.bytes)
    else { return }
    count += 1
    var found = ByteStore(.toServer)
    found.storeRequest { writer throws(WriteError) in try uri.append(to: &writer) }
    check.expect(haveSameOptions(found.bytes, request.bytes), "other options")
  }
  check.expect(count == 21, "a vector more or less")
}
