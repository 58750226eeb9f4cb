import Foundation
import PortTLS

// Run by toolchain/benchmark tls-memory, which also says what it prints.
//
//   tls-memory FOLDER measure|fixed ARRANGEMENT...
//   tls-memory FOLDER fail COUNT
//   tls-memory FOLDER shrink STEP ARRANGEMENT...

func stop() -> Never {
  print("tls-memory: wrong arguments, see main.swift")
  exit(64)
}

func arrangements(_ names: ArraySlice<String>) -> [Arrangement] {
  names.map { name in
    guard let arrangement = Arrangement(rawValue: name) else { stop() }
    return arrangement
  }
}

let arguments = CommandLine.arguments
guard arguments.count >= 4 else { stop() }
let credentials = Credentials(folder: URL(fileURLWithPath: arguments[1]))
var tally = Tally()
switch arguments[2] {
case "measure", "fixed":
  for arrangement in arrangements(arguments[3...]) {
    for role in [TLSContext.Role.server, .client] {
      let measurement = Measurement(arrangement: arrangement, role: role, credentials: credentials)
      guard arguments[2] == "fixed" ? measurement.printFixedCosts() : measurement.run() else { exit(1) }
    }
  }
  exit(0)
case "fail":
  guard let count = Int(arguments[3]) else { stop() }
  useArena(of: Measurement.ampleByteCount)
  var handshakes = try FailedHandshakes(credentials)
  handshakes.run(count, &tally)
case "shrink":
  guard let step = Int(arguments[3]), step > 0, step % 8 == 0 else { stop() }
  for arrangement in arrangements(arguments[4...]) {
    for role in [TLSContext.Role.server, .client] {
      let arenas = SmallArenas(arrangement: arrangement, role: role, credentials: credentials, step: step)
      arenas.run(&tally)
    }
  }
default: stop()
}
print("\(tally.passedCount) passed, \(tally.failedCount) failed")
exit(tally.failedCount == 0 ? 0 : 1)
