import DeviceCore

// Observations of the peer, at a server (RFC 7641, RFC 8323 section 7).

/// GET with Observe: 0 registers, 1 deregisters.
@inline(never)
private func observe(
  _ token: StaticString, _ value: UInt32 = 0, path: StaticString = "c", serial: UInt32? = nil,
  method: Code = .get
) -> RawMessage {
  var message = RawMessage(method, token, serial: serial)
  message.add(6, uint: value)
  message.add(path: path)
  return message
}

// OB-01 OB-06 OB-07 O-01 V-G01: the first notification is the answer, the next ones come with each change.
func observe_changes_areNotified(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(observe("71"))
  check.expectMessages(&server.end, "2.05 T:71 O:6=01,12=2a P:4:00000000")
  check.expect(server.end.connection.observerCount == 1)
  server.run()
  check.expectOutput(&server.end, "", "a notification without a change")
  server.resources.count.value = 5
  server.run()
  check.expectMessages(&server.end, "2.05 T:71 O:6=02,12=2a P:4:00000005")
  // A change by another request: the notification follows its answer.
  var put = RawMessage(.put, "72")
  put.add(path: "c")
  put.add(payload: "1234")
  server.feed(put)
  check.expectMessages(&server.end, "2.04 T:72 O:- P:0 / 2.05 T:71 O:6=03,12=2a P:4:31323334")
  check.expectEmpty(&server)
}

// OB-05 OB-09 O-08 V-G04
func observe_deregistered_isOver(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(observe("71"))
  server.feed(observe("72"))
  server.end.output.removeAll()
  server.feed(observe("71", 1))
  check.expectMessages(&server.end, "2.05 T:71 O:12=2a P:4:00000000")
  check.expect(server.end.connection.observerCount == 1)
  server.resources.count.value = 1
  server.run()
  check.expectMessages(&server.end, "2.05 T:72 O:6=03,12=2a P:4:00000001")
  server.feed(observe("70", 1))
  check.expectMessages(&server.end, "2.05 T:70 O:12=2a P:4:00000001", "an unknown token")
  check.expect(server.end.connection.observerCount == 1)
  check.expectEmpty(&server)
}

// OB-03 OB-10: the same token again replaces the entry, also for another resource.
func observe_sameTokenAgain_isNoSecondEntry(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(observe("71"))
  server.feed(observe("71"))
  check.expect(server.end.connection.observerCount == 1)
  server.end.output.removeAll()
  server.resources.count.value = 1
  server.run()
  check.expectMessages(&server.end, "2.05 T:71 O:6=03,12=2a P:4:00000001")
  server.feed(observe("71", path: "d"))
  server.end.output.removeAll()
  server.resources.count.value = 2
  server.run()
  check.expectOutput(&server.end, "", "the old resource is still observed")
  server.resources.other.value = 9
  server.run()
  check.expectMessages(&server.end, "2.05 T:71 O:6=05,12=2a P:4:00000009")
  check.expectEmpty(&server)
}

// OB-04: ten thousand registrations fill the table and nothing else.
func observe_tableFull_isAPlainAnswer(_ check: inout Checker) {
  var server = BodyServer()
  for serial in UInt32(0)..<10_000 {
    server.feed(observe("", serial: serial))
    check.expect(server.end.connection.observerCount == min(Int(serial) + 1, 4))
    if serial >= 9_990 || serial < 8 {
      var reader = MessageReader(server.end.output.bytes)
      let isObserved = reader.next()?.firstOption(.observe) != nil
      check.expect(isObserved == (serial < 4), "other answer")
    }
    server.end.output.removeAll()
  }
  server.resources.count.value = 1
  server.run()
  var notifications = 0
  var reader = MessageReader(server.end.output.bytes)
  while reader.next() != nil { notifications += 1 }
  check.expect(notifications == 4)
  server.end.output.removeAll()
  check.expectEmpty(&server)
}

// OB-04: what cannot be kept or observed gets a plain answer.
func observe_cannotBeObserved_isAPlainAnswer(_ check: inout Checker) {
  var server = BodyServer()
  // 64 bytes are kept of each request.
  for length in 63...65 {
    var message = RawMessage(.get, "71")
    message.add(6, uint: 0)
    message.add(path: "c")
    let name: StaticString = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"
    message.add(15, text: name)
    if length > 63 { message.add(15, text: length == 64 ? "" : "q") }
    server.feed(message)
    check.expect(server.end.connection.observerCount == (length < 65 ? 1 : 0), "other length kept")
    server.end.output.removeAll()
    server.feed(observe("71", 1))
    server.end.output.removeAll()
  }
  server.feed(observe("01", path: "n"))
  check.expectMessages(&server.end, "4.04 T:01 O:- P:0")
  server.resources.note.exists = true
  server.feed(observe("02", path: "n"))
  check.expectMessages(&server.end, "2.05 T:02 O:4=00000001,12=2a P:0")
  server.feed(observe("03", 2))
  check.expectMessages(&server.end, "2.05 T:03 O:12=2a P:4:00000000", "neither 0 nor 1")
  server.feed(observe("04", method: .put))
  check.expectMessages(&server.end, "2.04 T:04 O:- P:0", "a method that cannot be observed")
  check.expect(server.end.connection.observerCount == 0)
  check.expectEmpty(&server)
}

// OB-07 V-G05: an error is the last notification; so is the end of the resource.
func observe_error_endsIt(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(observe("71"))
  server.end.output.removeAll()
  server.resources.count.refusal = .notFound
  server.resources.count.value = 1
  server.run()
  check.expectMessages(&server.end, "4.04 T:71 O:- P:0")
  check.expect(server.end.connection.observerCount == 0)
  server.feed(observe("72"))
  check.expectMessages(&server.end, "4.04 T:72 O:- P:0")
  check.expect(server.end.connection.observerCount == 0, "an error was registered")
  server.resources.count.refusal = nil
  server.resources.count.value = 2
  server.run()
  check.expectOutput(&server.end, "")
  check.expectEmpty(&server)
}

// OB-08: the format of the first notification stays, or 4.06 ends it.
func observe_formatChanges_isNotAcceptable(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(observe("71"))
  server.end.output.removeAll()
  server.resources.count.format = .cbor
  server.resources.count.value = 1
  server.run()
  check.expectMessages(&server.end, "4.06 T:71 O:- P:0")
  check.expect(server.end.connection.observerCount == 0)
  // With Accept it is the resource's own 4.06.
  var message = RawMessage(.get, "72")
  message.add(6, uint: 0)
  message.add(path: "c")
  message.add(17, uint: 60)
  server.feed(message)
  server.end.output.removeAll()
  server.resources.count.format = .json
  server.resources.count.value = 2
  server.run()
  check.expectMessages(&server.end, "4.06 T:72 O:- P:0")
  check.expectEmpty(&server)
}

// X-29 X-34 OB-08: a registration that is answered 2.03 goes on with 2.05.
func observe_withTheETagThatIsKnown_beginsWithValid(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.count.hasETag = true
  var message = RawMessage(.get, "71")
  message.add(4, eTag: 0)
  message.add(6, uint: 0)
  message.add(path: "c")
  server.feed(message)
  check.expectMessages(&server.end, "2.03 T:71 O:4=00000000,6=01 P:0")
  server.resources.count.value = 1
  server.run()
  check.expectMessages(&server.end, "2.05 T:71 O:4=00000001,6=02,12=2a P:4:00000001")
  server.resources.count.value = 0
  server.run()
  check.expectMessages(&server.end, "2.03 T:71 O:4=00000000,6=03 P:0")
  server.resources.count.format = .cbor
  server.resources.count.value = 2
  server.run()
  check.expectMessages(&server.end, "4.06 T:71 O:- P:0")
  check.expectEmpty(&server)
}

// BL-14: a large representation: block 0 is the notification, the rest is fetched with plain requests.
func observe_largeRepresentation_notifiesBlock0(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.byteCount = 150
  var message = RawMessage(.get, "71")
  message.add(6, uint: 0)
  message.add(path: "f")
  message.add(23, block: 0, exponent: 2)
  server.feed(message)
  check.expectMessages(&server.end, "2.05 T:71 O:4=00000000,6=01,12=2a,23=0a P:64")
  server.resources.file.version = 1
  server.run()
  check.expectMessages(&server.end, "2.05 T:71 O:4=00000001,6=02,12=2a,23=0a P:64")
  var rest = RawMessage(.get, "72")
  rest.add(path: "f")
  rest.add(23, block: 2, exponent: 2)
  server.feed(rest)
  check.expectMessages(&server.end, "2.05 T:72 O:4=00000001,12=2a,23=22 P:22")
  // Observe with another block than the first one registers nothing.
  var odd = RawMessage(.get, "73")
  odd.add(6, uint: 0)
  odd.add(path: "f")
  odd.add(23, block: 1, exponent: 2)
  server.feed(odd)
  check.expectMessages(&server.end, "2.05 T:73 O:4=00000001,12=2a,23=1a P:64")
  check.expect(server.end.connection.observerCount == 1)
  check.expectEmpty(&server)
}

// M-05 V-G07 AMB 19: FETCH is observed with its payload; one whose payload comes in blocks is not.
func observe_fetch_isAnsweredAgain(_ check: inout Checker) {
  var server = BodyServer()
  var message = observe("71", method: .fetch)
  message.add(payload: "query")
  server.feed(message)
  check.expectMessages(&server.end, "2.05 T:71 O:6=01,12=2a P:4:00000000")
  server.resources.count.value = 1
  server.run()
  check.expectMessages(&server.end, "2.05 T:71 O:6=02,12=2a P:4:00000001")
  for number in UInt32(0)..<2 {
    var part = observe("72", method: .fetch)
    part.add(27, block: number, number == 0, exponent: 0)
    part.add(pattern: number * 16..<number * 16 + 16)
    server.feed(part)
    if number == 0 { check.expectMessages(&server.end, "2.31 T:72 O:27=08 P:0") }
  }
  check.expectMessages(&server.end, "2.05 T:72 O:12=2a,27=10 P:4:00000001")
  check.expect(server.end.connection.observerCount == 1)
  check.expectEmpty(&server)
}
