import CScenarioConsole
import Scenarios

/// The console of a Linux process: standard output.
struct StandardOutput: Console {
  mutating func write(_ bytes: Span<UInt8>) {
    // The call reads `bytes` and keeps no pointer to them.
    unsafe bytes.withUnsafeBufferPointer { unsafe scenario_console_write($0.baseAddress, $0.count) }
  }
}

func run() -> Int32 {
  var console = StandardOutput()
  return runAllScenarios(on: &console) == 0 ? 0 : 1
}

scenario_console_exit(run())
