import CFuzz
import Glibc

@testable import Scenarios

/// What libFuzzer attacks: one door each. The names are those of `toolchain/fuzz`.
enum Target: String, CaseIterable {
  case server, client
  case webSocketServer = "websocket-server"
  case webSocketClient = "websocket-client"
  case upgradeServer = "upgrade-server"
  case upgradeClient = "upgrade-client"
  case options, uri, links, blocks, capabilities, differential
  /// Has a fault on purpose, so that a test can see that faults are found.
  case planted

  func run(_ input: inout Input, _ check: inout Checker) {
    switch self {
    case .server: fuzzServer(&input, &check)
    case .client: fuzzClient(&input, &check)
    case .webSocketServer: fuzzWebSocket(.server, &input, &check)
    case .webSocketClient: fuzzWebSocket(.client, &input, &check)
    case .upgradeServer: fuzzUpgrade(isServer: true, &input, &check)
    case .upgradeClient: fuzzUpgrade(isServer: false, &input, &check)
    case .options: fuzzOptions(&input, &check)
    case .uri: fuzzURI(&input, &check)
    case .links: fuzzLinks(&input, &check)
    case .blocks: fuzzBlocks(&input, &check)
    case .capabilities: fuzzCapabilities(&input, &check)
    case .differential: fuzzDifferential(&input, &check)
    case .planted:
      if input.rest.count > 2, input.rest[0] == 0x42, input.rest[1] == 0x21 { check.fail("planted") }
    }
  }
}

/// The bytes of one run, taken from the front for choices; what is left is the content.
struct Input {
  private(set) var rest: UnsafeBufferPointer<UInt8>

  init(_ bytes: UnsafeBufferPointer<UInt8>) { rest = bytes }

  var isEmpty: Bool { rest.isEmpty }

  /// The next byte; zero when there is none.
  mutating func byte() -> UInt8 {
    guard let byte = rest.first else { return 0 }
    rest = UnsafeBufferPointer(rebasing: rest.dropFirst())
    return byte
  }

  mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

  mutating func flag() -> Bool { byte() & 1 == 1 }

  mutating func number16() -> UInt32 { UInt32(byte()) << 8 | UInt32(byte()) }

  /// Up to `count` of the bytes that are left.
  mutating func take(_ count: Int) -> UnsafeBufferPointer<UInt8> {
    let taken = UnsafeBufferPointer(rebasing: rest.prefix(count))
    rest = UnsafeBufferPointer(rebasing: rest.dropFirst(taken.count))
    return taken
  }

  /// The sizes of pieces that a stream is cut into, drawn from this seed.
  mutating func pieces() -> Pieces { Pieces(seed: UInt32(byte()), largest: [1, 2, 7, 64, 4096][below(5)]) }
}

struct Pieces {
  private var random: Random
  private let largest: Int

  init(seed: UInt32, largest: Int) {
    random = Random(seed: seed)
    self.largest = largest
  }

  mutating func next() -> Int { 1 + random.below(largest) }
}

nonisolated(unsafe) private var target = Target.server

/// Called by libFuzzer with each input.
private func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  var check = Checker()
  var allocations: CInt = 0
  // What the language runtime makes of generic types is made once: only what is allocated again counts.
  for _ in 0..<2 {
    var input = Input(UnsafeBufferPointer(start: bytes, count: count))
    check = Checker()
    allocations_start()
    target.run(&input, &check)
    allocations = allocations_stop()
    if allocations == 0 { break }
  }
  if check.failureCount > 0 {
    fatalError("\(target.rawValue): \(check.message), \(check.file):\(check.line)")
  }
  if allocations > 0 { fatalError("\(target.rawValue): \(allocations) allocations") }
  return 0
}

// SwiftPM makes the symbol main of an executable from this one.
@_cdecl("Fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt
{
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let found = Target(rawValue: name) else {
    print(Target.allCases.filter { $0 != .planted }.map(\.rawValue).joined(separator: "\n"))
    return name.isEmpty ? 0 : 64
  }
  target = found
  var (count, arguments) = (count, arguments)
  return fuzz_run(&count, &arguments, test)
}
