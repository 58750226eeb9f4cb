import DeviceCore
import Port

/// What goes over the loopback, and what has to come back.
extension Link where Table: ~Copyable {
  /// Everything but the end.
  mutating func checkExchanges(_ report: inout Report) {
    report.note("CSM: each end knows the other's", checkCapabilities())
    report.note("GET: 2.05 with the state", checkLamp(is: "0"))
    report.note("PUT: 2.04", checkPut("1", .changed, ""))
    report.note("GET: the state that was put", checkLamp(is: "1"))
    report.note("PUT: 4.00 with the reason", checkPut("2", .badRequest, "0 or 1"))
    report.note("GET: what was refused has changed nothing", checkLamp(is: "1"))
    report.note("GET: 4.04 for a path that is not there", check(.get, "nothing", .notFound))
    report.note(
      "DELETE: 4.05 for a method that is not there", check(.delete, "actuators/led", .methodNotAllowed))
    report.note("GET: the list of resources", checkList())
    report.note("POST: 1000 bytes there and back, in pieces", checkEcho())
    report.note("Ping: Pong", ping() ? nil : "it has not come")
    report.note("GET: after the Ping", checkLamp(is: "1"))
  }

  /// The client releases: the server is to close.
  mutating func checkRelease(_ report: inout Report) {
    report.note("Release: the connection is over at both ends", checkOver(release(), .released))
  }

  /// The server releases: the client hears of it and closes.
  mutating func checkStop(_ report: inout Report) {
    report.note("CSM: on a second connection", checkCapabilities())
    report.note("GET: on a second connection, the first state again", checkLamp(is: "0"))
    let fault = checkOver(stopServer(), .releasedByPeer)
    report.note("Release: from the server", fault ?? (client.hasRelease ? nil : "the client was not told"))
  }

  private mutating func checkCapabilities() -> StaticString? {
    guard turn(until: { $0.client.hasCapabilities }) else { return "it has not come" }
    let isRight = capabilities.maximumMessageByteCount == 1152 && capabilities.maximumTokenByteCount == 8
    return isRight ? nil : "it says something else"
  }

  private mutating func checkLamp(is state: StaticString) -> StaticString? {
    guard ask(.get, { message throws(WriteError) in try message.append(path: "actuators/led") })
    else { return "no answer" }
    return checkAnswer(.content, state)
  }

  private mutating func checkPut(
    _ value: StaticString, _ code: Code, _ payload: StaticString
  ) -> StaticString? {
    let hasAnswer = ask(.put) { message throws(WriteError) in
      try message.append(path: "actuators/led")
      try message.append(payload: value)
    }
    return hasAnswer ? checkAnswer(code, payload) : "no answer"
  }

  private mutating func check(_ method: Code, _ path: StaticString, _ code: Code) -> StaticString? {
    guard ask(method, { message throws(WriteError) in try message.append(path: path) })
    else { return "no answer" }
    return client.code == code ? nil : "another code"
  }

  private mutating func checkList() -> StaticString? {
    guard ask(.get, { message throws(WriteError) in try message.append(path: ".well-known/core") })
    else { return "no answer" }
    return checkAnswer(.content, "</actuators/led>;rt=\"actuator.light\";ct=\"0\";obs,</echo>")
  }

  /// Piece by piece, for the stack is small.
  private mutating func checkEcho() -> StaticString? {
    let hasAnswer = ask(.post) { message throws(WriteError) in
      try message.append(path: "echo")
      for start in 0..<25 {
        var piece = InlineArray<40, UInt8>(repeating: 0)
        for index in 0..<40 { piece[index] = pattern(at: start &* 40 &+ index) }
        try message.append(payload: piece.span)
      }
    }
    guard hasAnswer else { return "no answer" }
    guard client.code == .changed else { return "another code" }
    let payload = client.payload
    guard payload.count == 1000 else { return "fewer or more bytes" }
    for index in 0..<1000 where payload[index] != pattern(at: index) { return "other bytes" }
    return nil
  }

  private mutating func checkAnswer(_ code: Code, _ payload: StaticString) -> StaticString? {
    guard client.code == code else { return "another code" }
    return client.payload.isEqual(to: payload) ? nil : "another payload"
  }

  private mutating func checkOver(_ isOver: Bool, _ reason: ConnectionEnd) -> StaticString? {
    guard isOver else { return "it is not" }
    return client.end == reason ? nil : "for another reason"
  }
}

/// The bytes of a large message: they differ from piece to piece.
private func pattern(at index: Int) -> UInt8 {
  UInt8(truncatingIfNeeded: index &* 7 &+ index >> 8)
}
