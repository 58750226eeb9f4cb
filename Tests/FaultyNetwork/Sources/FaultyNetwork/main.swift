import Foundation

// FaultyNetwork FIRST COUNT [--plant FAULT] [--trace]: so many schedules from this seed on; a line of JSON at the end.
// toolchain/faults is for people.

setvbuf(stdout, nil, _IOLBF, 0)
let arguments = CommandLine.arguments
guard arguments.count >= 3, let first = UInt64(arguments[1]), let count = UInt64(arguments[2]) else {
  exit(64)
}
let plant = arguments.firstIndex(of: "--plant").map { Plant(rawValue: arguments[$0 + 1])! }
let isTracing = arguments.contains("--trace")

/// What came before, from the same story told once more.
func printLastEvents(_ seed: UInt64) {
  let world = World(seed: seed, plant: plant, keepsAll: true)
  run(world)
  let end = world.log.firstIndex { $0.contains("WRONG: ") } ?? world.log.count - 1
  for line in world.log[max(0, end - 25)...end] { print("  \(line)") }
}

var sums = [Int](repeating: 0, count: Tally.allCases.count)
var failures = 0
for seed in first..<first + count {
  let world = World(seed: seed, plant: plant, keepsAll: isTracing)
  run(world)
  if isTracing { print(world.log.joined(separator: "\n")) }
  for index in sums.indices { sums[index] += world.tally[index] }
  if !world.complaints.isEmpty {
    failures += 1
    if failures <= 20 { print("seed \(seed): \(world.complaints.prefix(3).joined(separator: "; "))") }
    if failures == 1, !isTracing { printLastEvents(seed) }
  }
  if (seed &- first) % 500 == 499 { print("done \(seed &- first &+ 1)") }
}
var summary = Tally.allCases.map { "\"\($0)\": \(sums[$0.rawValue])" }
summary.append("\"schedules\": \(count)")
summary.append("\"failed\": \(failures)")
print("{\(summary.joined(separator: ", "))}")
exit(failures == 0 ? 0 : 1)
