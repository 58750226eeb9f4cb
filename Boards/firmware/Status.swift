import DeviceCore
import PortLwIP
import TLSArena

/// What the firmware has used of what it was given, one name and its numbers a line: now, at the most, all
/// there is, and how often there was none left.
struct Status<M: Machine>: Resource {
  var path: StaticString { "status" }
  var attributes: LinkAttributes {
    LinkAttributes(title: "memory in use", contentFormats: "0")
  }
  let network: LwIPNetwork

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    let usage = LwIPUsage()
    response.begin(.content, .textPlain)
    write("up", [M.now.rawValue], to: &response)
    write("connections", [count(network.connectionCount)], to: &response)
    line("tcp", usage.connections, to: &response)
    line("segments", usage.segments, to: &response)
    line("frames", usage.frames, to: &response)
    line("heap", usage.heap, to: &response)
    write(
      "arena",
      [
        count(TLSArena.usedByteCount), count(TLSArena.peakExtentByteCount), count(TLSArena.capacity),
        count(TLSArena.failureCount),
      ], to: &response)
    write("stack", [M.stack.used, M.stack.size], to: &response)
  }

  private func count(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: number) }

  private func line(_ name: StaticString, _ memory: LwIPUsage.Memory, to response: inout Response) {
    write(name, [memory.used, memory.mostUsed, memory.limit, memory.failures], to: &response)
  }

  private func write<let count: Int>(
    _ name: StaticString, _ numbers: InlineArray<count, UInt32>, to response: inout Response
  ) {
    response.append(name)
    for index in 0..<count {
      response.append(" ")
      response.append(decimal: numbers[index])
    }
    response.append("\n")
  }
}
