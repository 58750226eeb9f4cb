@testable import DeviceCore
@testable import Scenarios

/// What a client has under way: requests, a download, an upload and an observation.
struct ClientWork {
  var download = BodyClient(download: BodyDownload(largest: BlockSize(rawValue: 2)), from: "f")
  var upload = BodyClient(upload: BodyUpload(byteCount: 900, largest: BlockSize(rawValue: 2)!), to: "f")
  private var observation: RequestID?

  /// Sends them, as far as that is possible before the peer's CSM.
  @inline(never)
  mutating func begin(_ end: inout TestEnd, _ choice: UInt8) {
    download.advance(&end)
    upload.advance(&end)
    _ = end.ask()
    if choice & 8 != 0 { _ = end.ping(custody: true) }
    guard choice & 4 != 0 else { return }
    do throws(CommandError) {
      let request = try end.connection.request(.get, isObserving: true, at: end.now) {
        writer throws(WriteError) in
        try writer.append(.observe, uint: 0)
        try writer.append(path: "c")
      }
      end.tally.didAsk(request, serial: 0)
      observation = request
    } catch {}
  }

  /// All that a driver does until nothing happens any more.
  @inline(never)
  mutating func run(_ end: inout TestEnd) {
    repeat {
      while let event = end.connection.poll(at: end.now) {
        if case .response(let request) = event, request != download.request, request != upload.request {
          // An answer may say anything here; it must be one to a request of ours.
          end.tally.forget(request)
        } else if !note(event, on: end.connection) {
          end.tally.note(event, on: end.connection)
        }
        if event == .request { end.connection.serve(&end.handler, at: end.now) }
      }
      download.advance(&end)
      upload.advance(&end)
      end.connection.serveDeferred(&end.handler, at: end.now)
    } while end.flush()
  }

  private mutating func note(_ event: Event, on connection: borrowing Connection) -> Bool {
    let isMine = download.note(event, on: connection) || upload.note(event, on: connection)
    if download.fault == nil, let body = download.download {
      require(body.offset == download.receivedByteCount, "counts the bytes of a download wrongly")
    }
    if let body = upload.upload {
      require(body.offset <= body.byteCount, "sends more than there is of an upload")
    }
    return isMine
  }

  @inline(never)
  mutating func feed(_ tape: inout Tape, to end: inout TestEnd, _ cuts: inout Cuts, _ judge: inout Judge) {
    run(&end)
    judge.look(&end.output)
    var rest = tape.rest
    while rest.count > 0 {
      let (wasLive, responses) = (end.connection.isLive, end.tally.responses)
      let count = end.connection.receive(rest.extracting(first: cuts.piece(of: rest.count)), at: end.now)
      run(&end)
      if !wasLive { require(end.tally.responses == responses, "reads on behind its end") }
      judge.look(&end.output)
      if cuts.hasEvent() { act(&end, &cuts.random) }
      if count == 0 {
        guard !end.takesOutput else { break }
        end.takesOutput = true
        if end.connection.isOver { break }
      }
      rest = rest.extracting(droppingFirst: count)
    }
    end.takesOutput = true
    run(&end)
    judge.look(&end.output)
  }

  @inline(never)
  private mutating func act(_ end: inout TestEnd, _ random: inout Random) {
    switch random.below(8) {
    case 0: end.now = end.now + Milliseconds(UInt32(random.below(random.oneIn(3) ? 300_000 : 2000)))
    case 1: end.takesOutput = !end.takesOutput
    case 2: deregister(&end)
    case 3 where random.oneIn(3): end.connection.release(at: end.now)
    case 4: _ = end.ping()
    case 5: _ = end.ask(.post, padding: random.below(100))
    default: end.largestWrite = 1 + random.below(60)
    }
  }

  private mutating func deregister(_ end: inout TestEnd) {
    guard let observation else { return }
    _ = try? end.connection.request(.get, reusing: observation, at: end.now) { writer throws(WriteError) in
      try writer.append(.observe, uint: 1)
      try writer.append(path: "c")
    }
    self.observation = nil
  }

  /// Gives up the transfers: what becomes of their requests is told to nobody.
  mutating func drop(_ end: inout TestEnd) {
    if let request = download.request { end.connection.cancel(request) }
    if let request = upload.request { end.connection.cancel(request) }
  }
}
