// Prints a line for each exchange: its name, the instructions that it costs, the bytes that it sends. Then "done".

import CStopwatch
import DeviceCore

/// Whether ticks count instructions: a loop of a known number has to take as many.
func isExact() -> Bool {
  let rounds: UInt32 = 1_000_000
  let start = stopwatch_ticks()
  stopwatch_run_known_loop(rounds)
  let ticks = stopwatch_difference(start, stopwatch_ticks())
  let expected = 2 * rounds / UInt32(STOPWATCH_INSTRUCTIONS_PER_TICK)
  return ticks >= expected && ticks <= expected + 2
}

func show<E: Exchange & ~Copyable>(_ exchange: consuming E, _ console: inout Console) {
  console.write(exchange.name)
  do throws(Measurement.Fault) {
    let measurement = try Measurement(&exchange)
    console.write(" ")
    console.write(measurement.instructions)
    console.write(" ")
    console.write(UInt32(truncatingIfNeeded: measurement.outputCount))
    console.write("\n")
  } catch {
    switch error {
    case .notOpen: console.write(" FAILED: the connection did not open\n")
    case .wrongOutput: console.write(" FAILED: other bytes than expected\n")
    case .uneven: console.write(" FAILED: not every one costs the same\n")
    }
  }
}

func run() {
  var console = Console()
  stopwatch_start()
  if isExact() {
    show(
      GetExchange(
        resources: Resources {
          Humidity()
          Temperature()
          Lamp()
        }), &console)
    show(PingExchange(), &console)
    show(NotificationExchange(), &console)
  } else {
    console.write("FAILED: SysTick does not count instructions; is -icount shift=0 missing?\n")
  }
  console.write("done\n")
}

run()
