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
    response.begin(.content, .textPlain)
    write("up", M.now.rawValue, to: &response)
    write("\nconnections", count(network.connectionCount), to: &response)
    writeNetwork(to: &response)
    write("\narena", count(TLSArena.usedByteCount), to: &response)
    write("", count(TLSArena.peakExtentByteCount), to: &response)
    write("", count(TLSArena.capacity), to: &response)
    write("", count(TLSArena.failureCount), to: &response)
    write("\nstack", M.stack.used, to: &response)
    write("", M.stack.size, to: &response)
    response.append("\n")
  }

  private func count(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: number) }

  // Not inlined, nor the next ones: this is where the stack is deepest.
  @inline(never)
  private func writeNetwork(to response: inout Response) {
    let usage = LwIPUsage()
    write("\ntcp", usage.connections, to: &response)
    write("\nsegments", usage.segments, to: &response)
    write("\nframes", usage.frames, to: &response)
    write("\nheap", usage.heap, to: &response)
  }

  @inline(never)
  private func write(
    _ name: StaticString, _ memory: LwIPUsage.Memory, to response: inout Response
  ) {
    write(name, memory.used, to: &response)
    write("", memory.mostUsed, to: &response)
    write("", memory.limit, to: &response)
    write("", memory.failures, to: &response)
  }

  @inline(never)
  private func write(_ name: StaticString, _ number: UInt32, to response: inout Response) {
    response.append(name)
    response.append(" ")
    response.append(decimal: number)
  }
}
