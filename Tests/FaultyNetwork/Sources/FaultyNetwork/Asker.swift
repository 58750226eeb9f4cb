import DeviceCore

/// One end's own requests: sends them, and holds the account of what must come back.
final class Asker {
  enum Wish: Equatable {
    case echo, download, upload, observe, ping, release, abort
  }

  /// What was asked, to know the answer.
  private enum Question {
    case echo([UInt8])
    case download, upload, observation
  }

  private let world: World
  private let name: String
  private var asked: [(id: RequestID, question: Question)] = []
  private(set) var wishes: [Wish] = []
  private var download: BodyDownload?
  private var upload: BodyUpload?
  private var received: UInt32 = 0
  private var version: UInt32?
  private let uploadByteCount: UInt32
  private let blockSize: BlockSize
  /// What was seen last of the state, on the connection that there is.
  private(set) var lastState: UInt32?
  private(set) var isObserving = false
  private(set) var finished: Set<Int> = []
  private var hasLostObservations = false
  private var hasPlanted = false

  /// Whether it asks before the peer's CSM has come, and tries to when the end has begun.
  private let isEager: Bool

  init(_ world: World, _ name: String) {
    isEager = world.chance.oneIn(3)
    self.world = world
    self.name = name
    uploadByteCount = UInt32(world.chance.below(world.chance.oneIn(8) ? 9000 : 1500))
    blockSize = [.smallest, .largest, .largest, .bert, .bert][world.chance.below(5)]
  }

  /// One body in each direction at a time, and one observation.
  func wish(_ wish: Wish) {
    if wish != .echo, wish != .ping, wishes.contains(wish) { return }
    let isUnderWay = asked.contains {
      switch ($0.question, wish) {
      case (.download, .download), (.upload, .upload), (.observation, .observe): true
      default: false
      }
    }
    if !isUnderWay { wishes.append(wish) }
  }

  /// Whether nothing is asked and nothing wished for, apart from the observation.
  var isIdle: Bool {
    wishes.isEmpty && !asked.contains { if case .observation = $0.question { false } else { true } }
  }

  // MARK: Asking

  /// Sends what it can now.
  ///
  /// - Returns: whether that was anything.
  @discardableResult
  func attend(to connection: inout Connection, at now: Instant) -> Bool {
    guard isEager || connection.isOpen else { return false }
    // Some leave in the middle of it, and come again.
    if world.happens(.farewells, 800) { wish(world.chance.oneIn(3) ? .abort : .release) }
    if hasLostObservations {
      hasLostObservations = false
      connection.release(at: now)
      return true
    }
    var left: [Wish] = []
    for wish in wishes { if !fulfil(wish, &connection, at: now) { left.append(wish) } }
    defer { wishes = left }
    return left.count < wishes.count
  }

  private func fulfil(_ wish: Wish, _ connection: inout Connection, at now: Instant) -> Bool {
    do {
      switch wish {
      case .ping:
        try connection.ping(custody: world.chance.oneIn(2), at: now)
        world.count(.pings)
      case .release:
        connection.release(holdOffSeconds: UInt32(world.chance.below(4)), at: now)
        world.count(.releases)
      case .abort:
        connection.abort("enough", at: now)
        world.count(.aborts)
      case .echo:
        let size = world.chance.oneIn(5) ? world.chance.below(world.largestEcho) : world.chance.below(30)
        let payload =
          bytes(UInt32(truncatingIfNeeded: world.chance.next())) + [UInt8](repeating: 0x2b, count: size)
        let id = try connection.request(.post, at: now) { writer throws(WriteError) in
          try writer.append(path: "e")
          try writer.append(payload: payload.span)
        }
        ask(id, .echo(payload))
      case .download:
        var next = download ?? BodyDownload(largest: min(blockSize, connection.largestBlock))
        if download == nil { (received, version) = (0, nil) }
        let id = try connection.request(.get, at: now) { writer throws(WriteError) in
          try writer.append(path: "f")
          try next.appendBlock(to: &writer)
        }
        download = next
        ask(id, .download)
      case .upload:
        var next =
          upload ?? BodyUpload(byteCount: uploadByteCount, largest: min(blockSize, connection.largestBlock))
        let id = try connection.request(.put, at: now) { writer throws(WriteError) in
          try writer.append(path: "f")
          let part = try next.appendBlock(to: &writer)
          let payload = part.map { patternByte($0, 7) }
          try writer.append(payload: payload.span)
        }
        upload = next
        ask(id, .upload)
      case .observe:
        let id = try connection.request(.get, isObserving: true, at: now) { writer throws(WriteError) in
          try writer.append(.observe, uint: 0)
          try writer.append(path: "s")
        }
        isObserving = true
        lastState = nil
        ask(id, .observation)
      }
      return true
    } catch {
      switch error {
      case .noRoom, .tooManyUnderWay, .notReady: return false
      case .ending: return false
      default:
        world.complain("\(name): a command is refused: \(error)")
        return true
      }
    }
  }

  private func ask(_ id: RequestID, _ question: Question) {
    if asked.contains(where: { $0.id == id }) { world.complain("\(name): a token is used twice") }
    asked.append((id, question))
    world.count(.requests)
    world.note("\(name) asks \(question)".prefix(60).description)
  }

  // MARK: Answers

  func note(_ event: Event, on connection: borrowing Connection) {
    world.note("\(name): \(event)")
    switch event {
    case .response(let id):
      if world.plant == .loseAnswer, !hasPlanted, world.chance.oneIn(20) {
        hasPlanted = true
        return
      }
      answer(id, connection)
      if world.plant == .answerTwice, !hasPlanted, world.chance.oneIn(20) {
        hasPlanted = true
        answer(id, connection)
      }
    case .notification(let id):
      world.count(.notifications)
      guard asked.contains(where: { $0.id == id }), let message = connection.message else {
        return world.complain("\(name): a notification that was not asked for")
      }
      lastState = number(message.payload)
    case .pong: world.count(.pongs)
    case .requestFailed(let id, let failure):
      guard let question = settle(id) else { return }
      switch failure {
      case .timedOut: world.count(.timeouts)
      case .connectionEnded: world.count(.lostWithTheConnection)
      default:
        world.count(.otherErrors)
        // Nobody sends such a thing here.
        world.complain("\(name): \(failure)")
      }
      giveUp(question)
    case .closed:
      if !asked.isEmpty { world.complain("\(name): \(asked.count) requests without an end: \(asked)") }
      asked = []
      reset()
    default: break
    }
  }

  /// Nothing moves to another connection.
  private func reset() {
    (download, upload) = (nil, nil)
    isObserving = false
    hasLostObservations = false
    lastState = nil
  }

  private func settle(_ id: RequestID) -> Question? {
    guard let index = asked.firstIndex(where: { $0.id == id }) else {
      world.complain("\(name): an end of a request that is over or was never made")
      return nil
    }
    return asked.remove(at: index).question
  }

  private func answer(_ id: RequestID, _ connection: borrowing Connection) {
    guard let question = settle(id) else { return }
    world.count(.answers)
    guard let message = connection.message else {
      return world.complain("\(name): an answer without a message")
    }
    switch question {
    case .echo(let payload):
      guard message.code == .changed else { return tolerate(message.code, question) }
      // One that is larger than a message begins with block 0.
      let isWhole = message.firstOption(.block2) == nil
      let expected =
        isWhole ? payload.span : payload.span.extracting(first: min(message.payload.count, payload.count))
      if !message.payload.isEqual(to: expected) || message.payload.isEmpty {
        world.complain("\(name): the answer of another request")
      }
      finish(.echo)
    case .download: takePart(message)
    case .upload: takeAcknowledgement(message)
    case .observation:
      // A plain answer: the server's table is full, of registrations whose answers came too late for us. Only a new
      // connection makes it forget those.
      isObserving = false
      hasLostObservations = true
    }
  }

  private func takePart(_ message: borrowing Message) {
    let offset = download!.offset
    do throws(TransferError) {
      let step = try download!.receive(message)
      if step == .refused { return tolerate(message.code, .download) }
      if offset == 0 { version = nil }
      // The version is in the ETag; all parts of a body have the same.
      var eTag: UInt32?
      if let option = message.firstOption(.eTag) { eTag = number(option.value) }
      if version == nil { version = eTag }
      if eTag == nil || eTag != version { world.complain("\(name): a part of another version") }
      if offset != received || !isPattern(message.payload, at: offset, version ?? 0) {
        world.complain("\(name): a part with other bytes")
      }
      received += UInt32(message.payload.count)
      if step == .last {
        download = nil
        finish(.download)
      } else {
        wish(.download)
      }
    } catch {
      guard error == .changed else { return world.complain("\(name): \(error)") }
      download!.restart()
      (received, version) = (0, nil)
      wish(.download)
    }
  }

  private func takeAcknowledgement(_ message: borrowing Message) {
    do throws(TransferError) {
      switch try upload!.receive(message) {
      case .next, .restart: wish(.upload)
      case .done:
        upload = nil
        finish(.upload)
      case .refused: tolerate(message.code, .upload)
      }
    } catch {
      world.complain("\(name): \(error)")
    }
  }

  /// 5.03 is for a table that is full; a body that was forgotten, for whatever reason, is 4.08. Nothing else has a reason.
  private func tolerate(_ code: Code, _ question: Question) {
    world.count(.otherErrors)
    if code != .serviceUnavailable && code != .requestEntityIncomplete {
      world.complain("\(name): \(code.codeClass).\(code.detail) for \(question)")
    }
    giveUp(question)
  }

  private func giveUp(_ question: Question) {
    // In calm weather everything has to work in the end.
    let again = !world.isFaulty
    switch question {
    case .echo: if again { wish(.echo) }
    case .download:
      download = nil
      if again { wish(.download) }
    case .upload:
      upload = nil
      if again { wish(.upload) }
    case .observation:
      isObserving = false
      wish(.observe)
    }
  }

  private func finish(_ wish: Wish) {
    if !world.isFaulty { finished.insert([Wish.echo: 0, .download: 1, .upload: 2][wish] ?? 3) }
  }
}

extension Asker.Wish: Hashable {}
