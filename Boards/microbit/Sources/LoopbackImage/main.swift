import BoardResources
import CortexM
import DeviceCore
import Port

/// The chip's random bits: two numbers that are the same would be a miracle.
func checkRandom() -> StaticString? {
  var board = MicrobitBoard()
  guard let one = board.random(), let other = board.random() else { return "there are none" }
  return one != other ? nil : "twice the same"
}

/// A connection that the client ends.
@inline(never)
func runFirst(_ report: inout Report) {
  var link = Link(
    Resources {
      Lamp()
      Echo()
    })
  link.checkExchanges(&report)
  link.checkRelease(&report)
}

/// A connection that the server ends, in the memory of the first one.
@inline(never)
func runSecond(_ report: inout Report) {
  var link = Link(
    Resources {
      Lamp()
      Echo()
    })
  link.checkStop(&report)
}

/// Checks, and then says what they took, in a line by which a reader knows that this was all.
func run() {
  var report = Report()
  let start = board_milliseconds()
  report.note("random bits: there are some, and they differ", checkRandom())
  runFirst(&report)
  runSecond(&report)
  report.writeSummary()
  report.write("state: Connection ")
  report.write(UInt32(MemoryLayout<Connection>.size))
  report.write(", Endpoint ")
  report.write(UInt32(MemoryLayout<Endpoint<LoopbackStream>>.size))
  report.write(", Slot ")
  report.write(UInt32(MemoryLayout<Slot<LoopbackStream>>.size))
  report.write(" bytes\n")
  let milliseconds = board_milliseconds() &- start
  report.write("stack: ")
  report.write(board_stack_used())
  report.write(" of ")
  report.write(board_stack_size())
  report.write(" bytes used, ")
  report.write(milliseconds)
  report.write(" ms\n")
}

run()
