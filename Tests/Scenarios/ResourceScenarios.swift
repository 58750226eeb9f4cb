import DeviceCore

/// A lamp at `actuators/led`: GET, PUT.
private struct Lamp: Resource {
  var isOn = false
  var path: StaticString { "actuators/led" }
  var attributes: LinkAttributes {
    LinkAttributes(
      resourceType: "actuator.light", interface: "core.a", title: "Lamp", contentFormats: "0",
      isObservable: true)
  }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.content(.textPlain, isOn ? "1" : "0")
  }

  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    try request.requireContentFormat(.textPlain)
    guard request.payload.count == 1, request.payload[0] == 0x30 || request.payload[0] == 0x31
    else { throw .badRequest("0 or 1") }
    isOn = request.payload[0] == 0x31
    response.changed()
  }

  mutating func delete(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw Refusal(.forbidden)
  }
}

/// A resource at the root that says what it was asked.
private struct Root: Resource {
  var path: StaticString { "" }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .textPlain)
    if let name = request.query("name") {
      response.append("hello ")
      response.append(name)
    }
  }

  mutating func fetch(_ request: Request, _ response: inout Response) throws(Refusal) {
    try request.requireAccept(.cbor)
    response.content(.cbor, request.payload)
  }

  mutating func patch(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.deleted()
  }
  mutating func iPatch(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.created()
  }
}

/// A collection with a slash at its end, not listed.
private struct Hidden: Resource {
  var path: StaticString { "log/" }
  var isDiscoverable: Bool { false }

  mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw Refusal(.notAcceptable, "reason")
  }
}

/// Answers a second after it was asked.
private struct Slow: Resource {
  var path: StaticString { "slow" }
  var waiting: DeferredRequest?
  var isGone = false
  var nextAnswer: Instant?

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    waiting = try response.postpone()
    nextAnswer = Instant(rawValue: 2000)
  }

  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool {
    waiting == request && nextAnswer?.isReached(at: now) == true
  }

  mutating func answer(_ request: DeferredRequest, _ response: inout Response) {
    response.content(.textPlain, "done")
    waiting = nil
    nextAnswer = nil
  }

  mutating func abandon(_ request: DeferredRequest) {
    if waiting == request { isGone = true }
  }
}

/// Feeds the requests and lets the resources answer them all.
@inline(never)
private func ask<Table: ResourceTable & ~Copyable>(
  _ end: inout TestEnd, _ resources: inout Resources<Table>, _ hex: StaticString
) {
  let input = ByteStore(.input, hex: hex)
  _ = end.connection.receive(input.bytes, at: end.now)
  repeat {
    while let event = end.connection.poll(at: end.now) {
      end.tally.note(event, on: end.connection)
      end.connection.serve(&resources, at: end.now)
    }
    end.connection.serveDeferred(&resources, at: end.now)
  } while end.flush()
}

@inline(never)
private func expectAnswers(
  _ check: inout Checker, _ hex: StaticString, _ text: StaticString, line: UInt32 = #line
) {
  var resources = Resources {
    Lamp()
    Root()
    Hidden()
  }
  var end = TestEnd()
  ask(&end, &resources, hex)
  check.expectMessages(&end, text, line: line)
  check.expectOpen(&end, line: line)
}

// X-12 X-47
func resources_paths_findTheirResource(_ check: inout Checker) {
  expectAnswers(&check, "d1010101b96163747561746f7273036c6564", "2.05 T:01 O:12= P:1:30")
  expectAnswers(&check, "010101", "2.05 T:01 O:12= P:0")
  expectAnswers(&check, "a10101b96163747561746f7273", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "d1020101b96163747561746f7273036c656400", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "110101b0", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "d1020101bd006163747561746f72732f6c6564", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "d1010101b94163747561746f7273036c6564", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "410101b36c6f67", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "510101b36c6f6700", "4.05 T:01 O:- P:0")
}

//
func resources_methods_areCalledOrNotAllowed(_ check: inout Checker) {
  expectAnswers(
    &check,
    """
    d1010101b96163747561746f7273036c6564 d1030302b96163747561746f7273036c6564ff31 \
    d1010103b96163747561746f7273036c6564 d1030304b96163747561746f7273036c6564ff32 \
    d1010405b96163747561746f7273036c6564
    """,
    """
    2.05 T:01 O:12= P:1:30 / 2.04 T:02 O:- P:0 / 2.05 T:03 O:12= P:1:31 / 4.00 T:04 O:- \
    P:6:30206f722031 / 4.03 T:05 O:- P:0
    """)
  expectAnswers(
    &check,
    """
    d1010201b96163747561746f7273036c6564 d1010502b96163747561746f7273036c6564 \
    d1010603b96163747561746f7273036c6564 d1010704b96163747561746f7273036c6564 \
    d1010805b96163747561746f7273036c6564 511f06b46e6f6e65
    """,
    """
    4.05 T:01 O:- P:0 / 4.05 T:02 O:- P:0 / 4.05 T:03 O:- P:0 / 4.05 T:04 O:- P:0 / 4.05 T:05 \
    O:- P:0 / 4.05 T:06 O:- P:0
    """)
  expectAnswers(
    &check,
    "010601 010702 210503ffa0",
    "2.02 T:01 O:- P:0 / 2.01 T:02 O:- P:0 / 2.05 T:03 O:12=3c P:1:a0")
}

//
func resources_formats_areNegotiated(_ check: inout Checker) {
  expectAnswers(
    &check,
    """
    d1020101b96163747561746f7273036c656460 d1030102b96163747561746f7273036c6564613c \
    d1040103b96163747561746f7273036c656462fde9
    """,
    "2.05 T:01 O:12= P:1:30 / 4.06 T:02 O:- P:0 / 4.06 T:03 O:- P:0")
  expectAnswers(
    &check,
    "310501d1043c 410502d204003c 210503d004",
    "2.05 T:01 O:12=3c P:0 / 2.05 T:02 O:12=3c P:0 / 4.06 T:03 O:- P:0")
  expectAnswers(
    &check,
    "d1050301b96163747561746f7273036c6564113cff31 d1040302b96163747561746f7273036c656410ff31",
    "4.15 T:01 O:- P:0 / 2.04 T:02 O:- P:0")
  expectAnswers(
    &check,
    "d1060101bb2e77656c6c2d6b6e6f776e04636f72656128 d1050102bb2e77656c6c2d6b6e6f776e04636f726560",
    "2.05 T:01 O:12=28 P:76 / 4.06 T:02 O:- P:0")
  expectAnswers(&check, "510201b36c6f6700", "4.06 T:01 O:- P:6:726561736f6e")
}

// X-18 X-19 X-20 X-21 X-23 X-25 X-26 AMB 9
func resources_unusableCriticalOption_isABadOption(_ check: inout Checker) {
  expectAnswers(&check, "11010190", "4.02 T:01 O:- P:30")
  expectAnswers(&check, "210101d000", "4.02 T:01 O:- P:31")
  expectAnswers(&check, "410101e1fcdc78", "4.02 T:01 O:- P:34")
  expectAnswers(&check, "11010130", "4.02 T:01 O:- P:30")
  expectAnswers(
    &check,
    "d1f501013df3{68*256}",
    "4.02 T:01 O:- P:30")
  expectAnswers(&check, "41010131680168", "4.02 T:01 O:- P:30")
  expectAnswers(&check, "41010173000000", "4.02 T:01 O:- P:30")
  expectAnswers(
    &check,
    "d1f50101bdf3{70*256}",
    "4.02 T:01 O:- P:31")
  expectAnswers(&check, "510101d304000000", "4.02 T:01 O:- P:31")
  expectAnswers(&check, "310101d00400", "4.02 T:01 O:- P:31")
  expectAnswers(
    &check,
    "d1f60101dd02f3{71*256}",
    "4.02 T:01 O:- P:31")
  expectAnswers(&check, "610101316842005080", "2.05 T:01 O:12= P:0")
  expectAnswers(
    &check,
    "d108010140240000000063616263202101d01fd1b901e005f1",
    "2.05 T:01 O:12= P:0")
  expectAnswers(&check, "310101c0013c", "2.05 T:01 O:12= P:0")
  expectAnswers(&check, "810101ff69676e6f726564", "2.05 T:01 O:12= P:0")
  expectAnswers(&check, "410101 720050 00", "4.02 T:01 O:- P:30")
}

// X-37 X-38 H-01
func resources_refusedBeforeAnyResource_haveTheirCodes(_ check: inout Checker) {
  expectAnswers(&check, "210101b12e", "4.00 T:01 O:- P:20")
  expectAnswers(&check, "510101b161022e2e", "4.00 T:01 O:- P:20")
  expectAnswers(&check, "410101b32e2e2e", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "310101b22e61", "4.04 T:01 O:- P:0")
  expectAnswers(&check, "a10101d816636f61703a2f2f61", "5.05 T:01 O:- P:0")
  expectAnswers(&check, "610101d41a636f6170", "5.05 T:01 O:- P:0")
  expectAnswers(&check, "310101d10300", "4.00 T:01 O:- P:11:486f702d4c696d69742030")
  expectAnswers(&check, "210101d003", "2.05 T:01 O:12= P:0")
  expectAnswers(&check, "211e01d000", "4.02 T:01 O:- P:31")
}

//
func resources_queries_areRead(_ check: inout Checker) {
  expectAnswers(&check, "a10101d8026e616d653d616e6e", "2.05 T:01 O:12= P:9:68656c6c6f20616e6e")
  expectAnswers(
    &check,
    "d1050101d302783d31056e616d653d066e616d653d62",
    "2.05 T:01 O:12= P:6:68656c6c6f20")
  expectAnswers(&check, "d1010101d4026e616d65076e616d65733d31", "2.05 T:01 O:12= P:0")
}

// U-03 X-51 LF-06 OB-15: the bytes of /.well-known/core.
func resources_wellKnownCore_listsLinks(_ check: inout Checker) {
  var resources = Resources {
    Lamp()
    Root()
    Hidden()
  }
  var end = TestEnd()
  ask(&end, &resources, "d1040101bb2e77656c6c2d6b6e6f776e04636f7265")
  let links: StaticString =
    "</actuators/led>;rt=\"actuator.light\";if=\"core.a\";title=\"Lamp\";ct=\"0\";obs,</>"
  var reader = MessageReader(end.output.bytes)
  if let message = reader.next() {
    check.expect(message.code == .content && message.token.count == 1)
    check.expect(message.firstOption(.contentFormat)?.uint == 40)
    check.expect(message.payload.isEqual(to: links.bytes), "other links")
  } else {
    check.fail("no answer")
  }
  end.output.removeAll()
  ask(&end, &resources, "d1040201bb2e77656c6c2d6b6e6f776e04636f7265")
  check.expectMessages(&end, "4.05 T:01 O:- P:0")
}

func resources_linksLargerThanTheMemory_comeInBlocks(_ check: inout Checker) {
  var resources = Resources {
    Lamp()
    Root()
  }
  var end = TestEnd(sizes: Sizes(transmit: 160))
  ask(&end, &resources, "d1040101bb2e77656c6c2d6b6e6f776e04636f7265")
  check.expectMessages(&end, "2.05 T:01 O:12=28,23=09,28=4c P:32")
}

// T-11: the answer comes from the resource when it is ready, on the connection that asked.
func resources_postponed_answerWhenReady(_ check: inout Checker) {
  var resources = Resources {
    Root()
    Slow()
  }
  var end = TestEnd()
  ask(&end, &resources, "510101b4736c6f77 01017f")
  check.expectMessages(&end, "2.05 T:7f O:12= P:0")
  check.expect(resources.nextAnswer == Instant(rawValue: 2000))
  end.now = Instant(rawValue: 2000)
  ask(&end, &resources, "")
  check.expectMessages(&end, "2.05 T:01 O:12= P:4:646f6e65")
  check.expect(resources.nextAnswer == nil)
  check.expectOpen(&end)
}

// T-12
func resources_connectionGone_areTold(_ check: inout Checker) {
  var resources = Resources {
    Root()
    Slow()
  }
  var end = TestEnd()
  ask(&end, &resources, "510101b4736c6f77")
  end.connection.transportFailed()
  ask(&end, &resources, "")
  check.expect(resources.table.second.resource.isGone)
  check.expect(end.connection.deferredCount == 0)
}
