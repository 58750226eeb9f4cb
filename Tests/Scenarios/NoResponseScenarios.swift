import DeviceCore

// RFC 7967: answers that the client does not want.

@inline(never)
private func ask(_ token: StaticString, _ method: Code, _ path: StaticString, without: UInt32) -> RawMessage {
  var message = RawMessage(method, token)
  message.add(path: path)
  message.add(258, uint: without)
  return message
}

// N-01 N-02: the classes that are named are not sent, the others are.
func noResponse_classesNamed_areNotSent(_ check: inout Checker) {
  let values: InlineArray<6, UInt32> = [0, 2, 8, 16, 26, 127]
  for index in 0..<6 {
    let value = values[index]
    var server = BodyServer()
    server.feed(ask("01", .put, "n", without: value))
    check.expectMessages(&server.end, value & 2 != 0 ? "" : "2.01 T:01 O:- P:0")
    check.expect(server.resources.note.putCount == 1, "not processed")
    server.feed(ask("02", .put, "x", without: value))
    check.expectMessages(&server.end, value & 8 != 0 ? "" : "4.04 T:02 O:- P:0")
    server.feed(ask("03", .post, "n", without: value))
    check.expectMessages(&server.end, value & 2 != 0 ? "" : "2.04 T:03 O:12=2a P:0")
    server.resources.note.answerByteCount = 5000
    server.feed(ask("04", .post, "n", without: value))
    check.expectMessages(&server.end, value & 16 != 0 ? "" : "5.00 T:04 O:- P:25")
    check.expectEmpty(&server)
  }
}

// X-23 X-25: elective; two bytes or twice are as good as nothing, and the first of two counts.
func noResponse_illFormed_isIgnored(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(ask("01", .put, "n", without: 0x1a1a))
  check.expectMessages(&server.end, "2.01 T:01 O:- P:0")
  var message = ask("02", .put, "n", without: 8)
  message.add(258, uint: 2)
  server.feed(message)
  check.expectMessages(&server.end, "2.04 T:02 O:- P:0")
  check.expectEmpty(&server)
}

// N-05 P-08: a request whose answer is not sent is processed all the same.
func noResponse_pingBehindIt_isAnswered(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(ask("01", .put, "n", without: 26))
  server.feed("12e2 7e7f 20")
  check.expectMessages(&server.end, "7.03 T:7e7f O:2= P:0")
  check.expect(server.resources.note.putCount == 1)
  check.expectEmpty(&server)
}

// N-01: an answer that comes later is none that is wanted either.
func noResponse_answeredLater_isNotSent(_ check: inout Checker) {
  var end = TestEnd()
  var message = RawMessage(.post, "01")
  message.add(258, uint: 2)
  var store = ByteStore(.input)
  message.append(to: &store)
  end.feed(store.bytes)
  check.expect(end.connection.deferredCount == 1)
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "", "sent")
  check.expect(end.connection.deferredCount == 0)
  check.expectOpen(&end)
}

// Nobody would hear a notification.
func noResponse_withObserve_isNotObserved(_ check: inout Checker) {
  var server = BodyServer()
  var message = RawMessage(.get, "01")
  message.add(6, uint: 0)
  message.add(path: "c")
  message.add(258, uint: 2)
  server.feed(message)
  check.expectOutput(&server.end, "")
  check.expect(server.end.connection.observerCount == 0)
  check.expectEmpty(&server)
}

// N-03 X-16: who wants no answer waits for none; the token is not used again.
func noResponse_client_waitsForNothing(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  for round in 0..<20 {
    do throws(CommandError) {
      let request = try end.connection.request(.post, at: end.now) { writer throws(WriteError) in
        try writer.append(.noResponse, uint: 26)
      }
      end.connection.cancel(request)
    } catch {
      check.fail("refused")
    }
    check.expect(end.connection.requestCount == 0)
    end.run()
    if round == 0 { check.expectOutput(&end, "34 02 50000000 d1f51a") }
    if round == 1 { check.expectOutput(&end, "34 02 50000001 d1f51a") }
    end.output.removeAll()
  }
  // An answer all the same is dropped.
  end.feed("0444 50000000")
  check.expect(end.tally.responses == 0 && end.connection.deadline == nil)
  check.expectOpen(&end)
}
