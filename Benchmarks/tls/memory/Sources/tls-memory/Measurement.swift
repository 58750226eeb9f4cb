import Port
import PortTLS
import PortTLSCertificates
import TLSArena

/// Prints what one side takes of its arena.
struct Measurement {
  let arrangement: Arrangement
  let role: TLSContext.Role
  let credentials: Credentials

  /// More than anything here needs.
  static let ampleByteCount = 1 << 20

  /// Prints a line: `connection psk server PEAK STEADY ARENA`, or `failed psk server` and why.
  func run() -> Bool {
    let end = runConnected(measure) { stream in
      Measurement.takePart(as: role.other, in: arrangement, credentials, stream)
    }
    return end == .code(0)
  }

  /// Prints lines `fixed psk server PART BYTES`, and `static TYPE BYTES` for memory that is not of the arena.
  func printFixedCosts() -> Bool {
    runConnected(printParts) { _ in 0 } == .code(0)
  }

  private func printParts(_: ProcessStream) -> Int32 {
    useArena(of: Measurement.ampleByteCount)
    guard let side = try? Side(arrangement.offer(of: role), credentials) else { return 1 }
    var before = 0
    for step in side.steps {
      print("fixed \(arrangement.rawValue) \(role.name) \(step.name) \(step.usedByteCount - before)")
      before = step.usedByteCount
    }
    print("static TLSContextMemory \(MemoryLayout<TLSContextMemory>.stride)")
    print("static TLSSession \(MemoryLayout<TLSSession>.stride)")
    if arrangement != .psk {
      print("static TLSCertificates.Memory \(MemoryLayout<TLSCertificates.Memory>.stride)")
      print("static TLSCredential \(MemoryLayout<TLSCredential>.stride)")
    }
    return 0
  }

  private func measure(_ stream: ProcessStream) -> Int32 {
    let label = "\(arrangement.rawValue) \(role.name)"
    useArena(of: Measurement.ampleByteCount)
    guard var side = try? Side(arrangement.offer(of: role), credentials) else { return 1 }
    var region = TLSArena.peakExtentByteCount
    let base = TLSArena.usedByteCount
    TLSArena.resetHighWater()
    var talk = Talk(side.connect(stream))
    if let failure = talk.shakeHands() {
      print("failed \(label) \(failure.text)")
      return 0
    }
    let peak = TLSArena.highWaterByteCount - base
    if role == .client { talk.save() }
    guard talk.exchange(4000, as: role) else { return 1 }
    let steady = TLSArena.usedByteCount - base
    region = max(region, TLSArena.peakExtentByteCount)
    talk.close()
    guard TLSArena.usedByteCount == base else {
      print("failed \(label) keeps \(TLSArena.usedByteCount - base) bytes")
      return 1
    }
    print("connection \(label) \(peak) \(steady) \(region)")
    return 0
  }

  /// The other side of a connection, in a process with memory enough.
  static func takePart(
    as role: TLSContext.Role, in arrangement: Arrangement, _ credentials: Credentials, _ stream: ProcessStream
  ) -> Int32 {
    useArena(of: ampleByteCount)
    guard var side = try? Side(arrangement.offer(of: role), credentials) else { return 1 }
    var talk = Talk(side.connect(stream))
    if talk.shakeHands() == nil { _ = talk.exchange(4000, as: role) }
    talk.close()
    return 0
  }
}

extension TLSFailure {
  /// In a few words.
  fileprivate var text: String {
    switch self {
    case .peer(let alert): "alert \(alert.name.map { "\($0)" } ?? "\(alert.rawValue)")"
    case .local(let fault): "\(fault)"
    case .webSocket(let failure): "\(failure)"
    }
  }
}

/// Gives mbedTLS an arena, once in a process.
func useArena(of byteCount: Int) {
  unsafe TLSArena.use(UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8))
}
