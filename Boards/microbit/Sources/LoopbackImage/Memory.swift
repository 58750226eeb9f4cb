import DeviceCore
import Port

/// What each of the two ends has: messages of the usual size, and a request under way.
typealias Storage = ConnectionStorage<1152, 1232, 1, 1>

nonisolated(unsafe) private var clientStorage = Storage()
nonisolated(unsafe) private var serverStorage = Storage()
// Less than a message: messages come in pieces.
nonisolated(unsafe) private var bytesToServer = InlineArray<200, UInt8>(repeating: 0)
nonisolated(unsafe) private var bytesToClient = InlineArray<200, UInt8>(repeating: 0)
nonisolated(unsafe) private var contentBytes = InlineArray<1024, UInt8>(repeating: 0)

// These begin with a value that is not zero: the first access makes it.
nonisolated(unsafe) private var pipeToServer = unsafe LoopbackPipe(bytes(&bytesToServer))
nonisolated(unsafe) private var pipeToClient = unsafe LoopbackPipe(bytes(&bytesToClient))
nonisolated(unsafe) private var onlySlot = unsafe Slot<LoopbackStream>(memory: memory(&serverStorage))

/// All that the two ends need. It is in global variables, which do not move; each has one owner at a time.
enum Memory {
  static var client: ConnectionMemory { unsafe memory(&clientStorage) }

  /// For the payload of the client's last answer.
  static var content: UnsafeMutableBufferPointer<UInt8> { unsafe bytes(&contentBytes) }

  /// The server's only slot.
  static var slots: UnsafeMutableBufferPointer<Slot<LoopbackStream>> {
    unsafe withUnsafeMutablePointer(to: &onlySlot) {
      unsafe UnsafeMutableBufferPointer(start: $0, count: 1)
    }
  }

  /// The two ends of a connection between which there is none.
  static func streams() -> (server: LoopbackStream, client: LoopbackStream) {
    unsafe withUnsafeMutablePointer(to: &pipeToServer) { toServer in
      unsafe withUnsafeMutablePointer(to: &pipeToClient) { toClient in
        unsafe LoopbackStream.pair(toServer, toClient)
      }
    }
  }
}

@unsafe
private func memory(_ storage: UnsafeMutablePointer<Storage>) -> ConnectionMemory {
  unsafe Storage.memory(of: storage)
}

@unsafe
private func bytes<let count: Int>(
  _ array: UnsafeMutablePointer<InlineArray<count, UInt8>>
) -> UnsafeMutableBufferPointer<UInt8> {
  let start = unsafe UnsafeMutableRawPointer(array).assumingMemoryBound(to: UInt8.self)
  return unsafe UnsafeMutableBufferPointer(start: start, count: count)
}
