import DeviceCore

// Observers that read slowly or not at all, and how observations end with their connection.

@inline(never)
private func observe(_ token: StaticString, path: StaticString = "c") -> RawMessage {
  var message = RawMessage(.get, token)
  message.add(6, uint: 0)
  message.add(path: path)
  return message
}

// OB-12 OB-13: while there is no room states are passed over, and the latest one arrives.
func observers_slowReader_getsTheLatestState(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(observe("71"))
  server.end.output.removeAll()
  server.end.takesOutput = false
  for value in UInt32(1)...1000 {
    server.resources.count.value = value
    server.run()
  }
  check.expect(server.resources.count.getCount < 60, "wrote into nowhere")
  server.end.takesOutput = true
  server.run()
  var reader = MessageReader(server.end.output.bytes)
  var last: UInt32 = 0
  var count = 0
  while let message = reader.next() {
    check.expect(serial(message.payload) > last, "an old state behind a new one")
    last = serial(message.payload)
    count += 1
  }
  check.expect(last == 1000 && count < 60, "not the latest state")
  server.end.output.removeAll()
  check.expectEmpty(&server)
}

// An observer that never reads costs its connection, and the table is empty then.
func observers_neverReading_loseTheConnection(_ check: inout Checker) {
  var server = BodyServer()
  let tokens: InlineArray<4, StaticString> = ["70", "71", "72", "73"]
  for index in 0..<4 { server.feed(observe(tokens[index])) }
  server.end.output.removeAll()
  server.end.takesOutput = false
  for value in UInt32(1)...120 {
    server.resources.count.value = value
    server.wait(1000)
  }
  check.expect(server.end.tally.end == .notReading, "not given up")
  check.expect(server.end.connection.observerCount == 0 && server.end.connection.deadline == nil)
  let asked = server.resources.count.getCount
  server.resources.count.value = 0
  server.run()
  check.expect(server.resources.count.getCount == asked, "still notifies")
  check.expectLegal(server.end)
}

// OB-13: one resource that changes all the time does not keep the others from being notified.
func observers_oneChangesAllTheTime_othersAreNotified(_ check: inout Checker) {
  var sizes = Sizes.bodies
  // Room for one notification at a time: the largest that the peer takes.
  sizes.transmit = 1152 + 80
  var server = BodyServer(sizes: sizes, peerCSM: TestEnd.baseCSM)
  server.feed(observe("71"))
  server.feed(observe("72", path: "d"))
  server.end.output.removeAll()
  server.resources.other.value = 9
  var hasArrived = false
  for value in UInt32(1)...8 {
    server.resources.count.value = value
    server.end.connection.serveObservers(&server.resources, at: server.end.now)
    server.resources.count.value = value + 100
    while server.end.flush() {}
    var reader = MessageReader(server.end.output.bytes)
    while let message = reader.next() {
      if message.token.count == 1 && message.token[0] == 0x72 { hasArrived = true }
    }
    server.end.output.removeAll()
  }
  check.expect(hasArrived, "starves")
  server.run()
  server.end.output.removeAll()
  check.expectEmpty(&server)
}

// O-09: every way to the end clears the table.
func observers_connectionEnds_areRemoved(_ check: inout Checker) {
  for way in 0..<5 {
    var server = BodyServer()
    server.feed(observe("71"))
    server.feed(observe("72", path: "d"))
    server.end.output.removeAll()
    switch way {
    case 0: server.end.connection.transportFailed()
    case 1: server.feed("00e5")
    case 2: server.feed("00e4")
    case 3: server.end.connection.abort("test", at: server.end.now)
    default: server.end.connection.receiveEnd(at: server.end.now)
    }
    server.resources.count.value = 1
    server.run()
    if server.end.connection.transportAction == .finishWriting {
      server.end.connection.didFinishWriting(at: server.end.now)
      server.end.connection.receiveEnd(at: server.end.now)
      server.run()
    }
    server.run()
    check.expect(server.end.connection.observerCount == 0, "observers left")
    check.expect(server.resources.count.getCount == 1, "work for nobody")
    check.expect(server.end.connection.isOver && server.end.connection.deadline == nil)
    check.expectLegal(server.end)
  }
}

// AMB 18: an observation does not hold up a Release, and nothing is notified behind it.
func observers_released_getNothingMore(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(observe("71"))
  server.end.output.removeAll()
  server.end.connection.release(at: server.end.now)
  server.resources.count.value = 1
  server.run()
  check.expectMessages(&server.end, "7.04 T:- O:- P:7:72656c65617365")
  server.run()
  check.expectOutput(&server.end, "")
}

// The peer's new limit holds for the notifications that follow.
func observers_peerChangesItsLimit_notificationsFollow(_ check: inout Checker) {
  var server = BodyServer(peerCSM: TestEnd.baseCSM)
  server.resources.file.byteCount = 5000
  server.feed(observe("71", path: "f"))
  check.expectMessages(&server.end, "2.05 T:71 O:4=00000000,6=01,12=2a,23=0e,28=1388 P:1024")
  server.feed("20e1 2164")
  server.resources.file.version = 1
  server.run()
  check.expectMessages(&server.end, "2.05 T:71 O:4=00000001,6=02,12=2a,23=0a,28=1388 P:64")
  check.expectEmpty(&server)
}
