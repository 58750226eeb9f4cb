import DeviceCore
import Logging
import Port

/// Reads what web pages offer: those that list `/browser/clock` are asked for it every few seconds, and for
/// `/browser/note`, over the connections that they have opened.
struct PeerReader {
  private let store: PeerStore
  private let note: PageNote
  private let logger: Logger
  private var pages: [Int: Page] = [:]

  private static var interval: Milliseconds { .seconds(3) }

  /// A web page that is connected.
  private struct Page {
    /// Nil until its links are known.
    var next: Instant?
    var links: RequestID?
    var clock: RequestID?
    var note: RequestID?
  }

  init(store: PeerStore, note: PageNote, logger: Logger) {
    self.store = store
    self.note = note
    self.logger = logger
  }

  mutating func didAccept(slot: Int) {
    pages[slot] = note.take() ? Page() : nil
  }

  /// Asks what is due, and says when to come again.
  mutating func attend(to connection: inout Connection, slot: Int, at now: Instant) -> Instant? {
    guard var page = pages[slot], let next = page.next else { return nil }
    guard next.isReached(at: now) else { return next }
    // A page that does not answer gets no further questions.
    if page.clock == nil { page.clock = ask(connection: &connection, for: "browser/clock", at: now) }
    if page.note == nil { page.note = ask(connection: &connection, for: "browser/note", at: now) }
    page.next = now + PeerReader.interval
    pages[slot] = page
    return page.next
  }

  mutating func didHandle(_ event: Event, on connection: inout Connection, slot: Int, at now: Instant) {
    guard var page = pages[slot] else { return }
    switch event {
    case .capabilities where page.links == nil:
      page.links = ask(connection: &connection, for: ".well-known/core", at: now)
    case .response(let request) where request == page.links:
      if payload(connection).contains("</browser/clock>") { page.next = now }
    case .response(let request) where request == page.clock:
      page.clock = nil
      let time = payload(connection)
      store.set(slot: slot, clock: time)
      logger.info("connection \(slot): its clock says \(time)")
    case .response(let request) where request == page.note:
      page.note = nil
      store.set(slot: slot, note: payload(connection))
    case .requestFailed(let request, _):
      if request == page.clock { page.clock = nil }
      if request == page.note { page.note = nil }
    case .closed:
      store.remove(slot: slot)
      pages[slot] = nil
      return
    default: return
    }
    pages[slot] = page
  }

  /// - Returns: nil when nothing can be asked now.
  private func ask(connection: inout Connection, for path: StaticString, at now: Instant) -> RequestID? {
    try? connection.request(.get, at: now) { message throws(WriteError) in try message.append(path: path) }
  }

  private func payload(_ connection: borrowing Connection) -> String {
    guard let message = connection.message, message.code == .content else { return "" }
    let payload = message.payload
    var bytes: [UInt8] = []
    for index in payload.indices.prefix(1024) { bytes.append(payload[index]) }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// What the web pages that are connected said last.
final class PeerStore {
  private var answers: [Int: (clock: String, note: String)] = [:]
  private(set) var revision: UInt32 = 0

  func set(slot: Int, clock: String? = nil, note: String? = nil) {
    var answer = answers[slot] ?? ("", "")
    if let clock { answer.clock = clock }
    if let note { answer.note = note }
    answers[slot] = answer
    revision &+= 1
  }

  func remove(slot: Int) {
    if answers.removeValue(forKey: slot) != nil { revision &+= 1 }
  }

  /// One line for each page.
  var text: String {
    answers.sorted { $0.key < $1.key }.map { slot, answer in
      let note = answer.note.map { $0.isNewline ? " " : $0 }
      return "connection \(slot): clock \(answer.clock), note \(String(note))\n"
    }.joined()
  }
}

/// Shows what was read from web pages.
struct BrowserPeers: Resource {
  let path: StaticString = "peers/browser"
  var attributes: LinkAttributes {
    LinkAttributes(resourceType: "peers", contentFormats: "0", isObservable: true)
  }
  /// Nil where there is no dashboard, and so no page to read.
  let store: PeerStore?

  var isDiscoverable: Bool { store != nil }

  func revision(at now: Instant) -> UInt32 { store?.revision ?? 0 }

  func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard let store else { throw .notFound }
    var text = store.text
    response.begin(.content, .textPlain)
    text.withUTF8 { bytes in
      unsafe response.append(bytes.span)
    }
  }
}
