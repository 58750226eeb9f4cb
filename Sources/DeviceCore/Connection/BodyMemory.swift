/// Memory for bodies that are larger than a message: it belongs to the caller and stays where it is.
@safe
public struct BodyMemory {
  let incoming: UnsafeMutableBufferPointer<IncomingBody>
  let assembly: UnsafeMutableBufferPointer<UInt8>
  let answer: UnsafeMutableBufferPointer<UInt8>

  /// None: bodies in blocks are refused, and only answers to GET may be larger than a message.
  public static var none: BodyMemory {
    unsafe BodyMemory(
      incoming: UnsafeMutableBufferPointer(start: nil, count: 0),
      assembly: UnsafeMutableBufferPointer(start: nil, count: 0),
      answer: UnsafeMutableBufferPointer(start: nil, count: 0))
  }

  /// - Parameters:
  ///   - incoming: one entry for each body that may be under way at once.
  ///   - assembly: where bodies are put together for resources that take them whole: as many bytes as the
  ///     largest has. One at a time; perhaps none.
  ///   - answer: where the answer to a POST, PUT or PATCH is kept when it is larger than a message. Perhaps none.
  /// - Precondition: all of it is initialised, and outlives the connection without moving.
  @unsafe
  public init(
    incoming: UnsafeMutableBufferPointer<IncomingBody>,
    assembly: UnsafeMutableBufferPointer<UInt8>, answer: UnsafeMutableBufferPointer<UInt8>
  ) {
    unsafe self.incoming = incoming
    unsafe self.assembly = assembly
    unsafe self.answer = answer
  }
}

/// Memory for bodies as a value that a firmware declares as a global variable.
///
/// The sizes are compile-time parameters: bodies that may be under way at once, bytes to put one together,
/// bytes to keep an answer. Good first values: 1, 0, 0 for a device that takes nothing but a firmware image.
public struct BodyStorage<
  let incomingCapacity: Int, let assemblyCapacity: Int, let answerCapacity: Int
>: ~Copyable {
  private var incoming = InlineArray<incomingCapacity, IncomingBody>(repeating: IncomingBody())
  private var assembly = InlineArray<assemblyCapacity, UInt8>(repeating: 0)
  private var answer = InlineArray<answerCapacity, UInt8>(repeating: 0)

  /// Memory that is all zero.
  public init() {}

  /// The memory to hand to a connection.
  ///
  /// - Precondition: as for ``ConnectionStorage/memory(of:)``.
  @unsafe
  public static func memory(of storage: UnsafeMutablePointer<Self>) -> BodyMemory {
    unsafe withUnsafeMutablePointer(to: &storage.pointee.incoming) { incoming in
      unsafe withUnsafeMutablePointer(to: &storage.pointee.assembly) { assembly in
        unsafe withUnsafeMutablePointer(to: &storage.pointee.answer) { answer in
          unsafe BodyMemory(
            incoming: elements(of: incoming, IncomingBody.self, incomingCapacity),
            assembly: elements(of: assembly, UInt8.self, assemblyCapacity),
            answer: elements(of: answer, UInt8.self, answerCapacity))
        }
      }
    }
  }
}
