import CortexM
import CortexMConsole
import Scenarios

/// Where the scenarios say what they do.
struct ScenarioConsole: Console {
  private var serial = SerialConsole()

  mutating func write(_ bytes: Span<UInt8>) {
    serial.write(bytes)
  }
}

/// Runs all scenarios, and then says what they took, in a line by which a reader knows that this was all.
func run() {
  var console = ScenarioConsole()
  let start = board_milliseconds()
  _ = runAllScenarios(on: &console)
  let milliseconds = board_milliseconds() &- start
  console.write("stack: ")
  console.write(decimal: Int(board_stack_used()))
  console.write(" of ")
  console.write(decimal: Int(board_stack_size()))
  console.write(" bytes used, ")
  console.write(decimal: Int(milliseconds))
  console.write(" ms\n")
}

run()
