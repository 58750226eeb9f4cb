import Board
import BoardSupport
import Scenarios

extension SerialConsole: Console {}

/// Runs all scenarios, and then says what they took, in a line by which a reader knows that this was all.
func run() {
  var console = SerialConsole()
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
