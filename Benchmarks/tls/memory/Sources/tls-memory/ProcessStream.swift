import CProcesses
import Port

/// One end of a connection between two processes. It waits, which no board's may: each process has nothing else to do.
struct ProcessStream: ByteStream {
  let end: Int32

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    let count = unsafe space.withUnsafeMutableBufferPointer { buffer in
      unsafe cprocesses_read(end, buffer.baseAddress, buffer.count)
    }
    return count > 0 ? .bytes(count) : count == 0 ? .end : .failed
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    let count = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe cprocesses_write(end, buffer.baseAddress, buffer.count)
    }
    return count > 0 ? .bytes(count) : .failed
  }

  mutating func finishWriting() { cprocesses_finish_writing(end) }
  mutating func close() { cprocesses_close(end) }
}

/// How a process has ended.
enum ProcessEnd: Equatable {
  case code(Int32)
  case signal(Int32)
}

/// Runs two processes that are connected, each with an arena of its own, and waits for both.
///
/// - Returns: how the first one has ended.
func runConnected(_ first: (ProcessStream) -> Int32, _ second: (ProcessStream) -> Int32) -> ProcessEnd {
  var ends: [Int32] = [0, 0]
  guard unsafe cprocesses_connect(&ends) else { fatalError("no sockets") }
  func start(_ mine: Int, _ body: (ProcessStream) -> Int32) -> Int32 {
    let process = cprocesses_fork()
    guard process == 0 else { return process }
    cprocesses_close(ends[1 - mine])
    cprocesses_exit(body(ProcessStream(end: ends[mine])))
  }
  let processes = [start(0, first), start(1, second)]
  for end in ends { cprocesses_close(end) }
  let codes = processes.map { cprocesses_wait($0) }
  return codes[0] >= 256 ? .signal(codes[0] - 256) : .code(codes[0])
}
