/// The memory of one WebSocket beside its ``WebSocketSession``: it belongs to the caller and stays where it is.
@safe
public struct WebSocketMemory {
  let fragments: UnsafeMutableBufferPointer<UInt8>
  let output: UnsafeMutableBufferPointer<UInt8>

  /// - Parameters:
  ///   - fragments: for one message that comes in fragments, which no peer has to send but all may: the announced
  ///     Max-Message-Size and ``WebSocketInput/headroom``. With less, larger ones end the connection. The lines
  ///     of the opening handshake are read here too.
  ///   - output: where frames are put together. A message that fits leaves in one write.
  /// - Precondition: each has at least ``smallestCapacity`` bytes, is initialised, and outlives the session
  ///   without moving.
  @unsafe
  public init(
    fragments: UnsafeMutableBufferPointer<UInt8>, output: UnsafeMutableBufferPointer<UInt8>
  ) {
    precondition(fragments.count >= WebSocketMemory.smallestCapacity)
    precondition(output.count >= WebSocketMemory.smallestCapacity)
    unsafe self.fragments = fragments
    unsafe self.output = output
  }

  /// The least that each of the two may have, in bytes.
  public static var smallestCapacity: Int { 256 }
}

/// Memory for one WebSocket as a value that a firmware declares as a global variable: it lands in .bss.
///
/// The sizes are compile-time parameters: bytes for messages in fragments, bytes of output. Good first values:
/// 1160, 512.
public struct WebSocketStorage<let fragmentCapacity: Int, let outputCapacity: Int>: ~Copyable {
  private var fragments = InlineArray<fragmentCapacity, UInt8>(repeating: 0)
  private var output = InlineArray<outputCapacity, UInt8>(repeating: 0)

  /// Memory that is all zero.
  public init() {}

  /// The memory to hand to a session.
  ///
  /// - Precondition: `storage` is a global or static variable, or memory that was allocated for it: it
  ///   outlives the session and never moves.
  @unsafe
  public static func memory(of storage: UnsafeMutablePointer<Self>) -> WebSocketMemory {
    unsafe withUnsafeMutablePointer(to: &storage.pointee.fragments) { fragments in
      unsafe withUnsafeMutablePointer(to: &storage.pointee.output) { output in
        unsafe WebSocketMemory(
          fragments: elements(of: fragments, UInt8.self, fragmentCapacity),
          output: elements(of: output, UInt8.self, outputCapacity))
      }
    }
  }
}
