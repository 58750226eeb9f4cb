import DeviceCore

/// Random numbers that are the same for the same seed (SplitMix64).
struct Chance {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
    return bits ^ bits >> 31
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
}

/// What can go wrong, and what is counted besides.
enum Tally: Int, CaseIterable {
  case delays, cuts, shortWrites, stalls, halfOpen, resets, ends, refusals
  case clockJumps, entropyFailures, farewells
  case connections, webSockets, bytes, requests, answers, notifications
  case timeouts, lostWithTheConnection, otherErrors, reports
  case pings, pongs, releases, aborts
}

/// A fault of the test itself, to see that it would be found.
enum Plant: String {
  case loseAnswer = "lose-answer"
  case answerTwice = "answer-twice"
  case corruptByte = "corrupt-byte"
  case keepSlot = "keep-slot"
  case loseByte = "lose-byte"
}

/// One schedule: its time, its chance, what happened, and what was found wrong.
final class World {
  let seed: UInt64
  let plant: Plant?
  var chance: Chance
  /// Milliseconds.
  var time: UInt32
  /// Counts what moves.
  var moves = 0
  /// Who has something to do although no time has come: the server, and the clients from 1 on. Whoever is told
  /// nothing sleeps, so what a loop forgets to do at once shows.
  private var awake = [true, true, true, true]
  /// When the clock jumped last.
  var lastJump: UInt32
  /// While false, nothing new goes wrong.
  var isFaulty = true
  /// Whether all connections of this schedule are WebSockets.
  let isWebSocket: Bool
  /// Whether each side has memory for small messages and few of everything only.
  let isServerSmall, areClientsSmall: Bool
  /// How much of each kind of fault there is; zero for none.
  var rates: [Int]
  var tally = [Int](repeating: 0, count: Tally.allCases.count)
  private(set) var complaints: [String] = []
  private(set) var log: [String] = []
  private let keepsAll: Bool

  init(seed: UInt64, plant: Plant?, keepsAll: Bool) {
    self.seed = seed
    self.plant = plant
    self.keepsAll = keepsAll
    chance = Chance(seed: seed)
    // Anywhere on the clock, often just before it wraps.
    time =
      chance.oneIn(3)
      ? 0xffff_ff00 &- UInt32(chance.below(60_000)) : UInt32(truncatingIfNeeded: chance.next())
    lastJump = time
    isWebSocket = chance.oneIn(4)
    isServerSmall = chance.oneIn(4)
    areClientsSmall = chance.oneIn(4)
    rates = (0..<Tally.connections.rawValue).map { _ in 0 }
    for index in rates.indices where chance.oneIn(2) { rates[index] = 1 + chance.below(3) }
  }

  /// The largest payload of a request that everybody can send and answer.
  var largestEcho: Int { isServerSmall || areClientsSmall ? 300 : 900 }

  var now: Instant { Instant(rawValue: time) }

  func wake(_ end: Int) { awake[end] = true }

  /// - Returns: whether that end has been woken since it was asked last.
  func takeAwake(_ end: Int) -> Bool {
    defer { awake[end] = false }
    return awake[end]
  }

  func count(_ kind: Tally, _ amount: Int = 1) { tally[kind.rawValue] += amount }

  /// Whether a fault of this kind happens now, at most once in `rarity` times.
  func happens(_ kind: Tally, _ rarity: Int) -> Bool {
    guard isFaulty, rates[kind.rawValue] > 0, chance.oneIn(rarity / rates[kind.rawValue] + 1) else {
      return false
    }
    count(kind)
    return true
  }

  func note(_ text: @autoclosure () -> String) {
    guard keepsAll else { return }
    log.append("\(time) \(text())")
  }

  func complain(_ text: String) {
    note("WRONG: \(text)")
    complaints.append("\(text) (step \(moves), \(time))")
  }
}
