import PortCheck

/// The console of a machine, for the lines of a port check.
struct MachineConsole<M: Machine>: Console {
  mutating func write(_ bytes: Span<UInt8>) {
    M.write(bytes)
  }
}
