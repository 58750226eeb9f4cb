import CCheckSupport
import CSockets
import Port
import PortCheck
import PortSockets

// port-check --partner ADDRESS:PORT [--break FLAW]
//
// The port check of this computer. Started by `toolchain/check linux`, which knows the partner's address. It is built in
// normal mode and in Embedded mode.

/// As a small device has; then connections that are never given back are missed soon.
let descriptorCount = 32

/// What is known of each descriptor.
nonisolated(unsafe) var states = InlineArray<32, Readiness>(repeating: Readiness())

/// Reads the command line and checks.
///
/// - Returns: the exit code.
func run() -> Int32 {
  // The last name is followed by an empty one.
  let options: StaticString = "--partner\0--break\0\0"
  let partnerOption: StaticString = "--partner"
  let breakOption: StaticString = "--break"
  guard unsafe !check_is_unknown(options.utf8Start), let text = unsafe check_option(partnerOption.utf8Start)
  else {
    return misuse("--partner ADDRESS:PORT [--break FLAW] is wanted")
  }
  var address = InlineArray<4, UInt8>(repeating: 0)
  var port: UInt16 = 0
  var space = address.mutableSpan
  let isRead = unsafe space.withUnsafeMutableBufferPointer {
    unsafe check_read_place(text, $0.baseAddress, &port)
  }
  guard isRead else { return misuse("not an IPv4 address with a port") }
  let partner = DialPlace(.ipv4(address), port: port)

  check_limit_descriptors(Int32(descriptorCount))
  // The address of a global variable, which does not move.
  let table = unsafe withUnsafeMutablePointer(to: &states) {
    unsafe UnsafeMutableRawPointer($0).assumingMemoryBound(to: Readiness.self)
  }
  let readiness = unsafe ReadinessTable(UnsafeMutableBufferPointer(start: table, count: descriptorCount))
  guard let board = SocketBoard(readiness: readiness), let (listener, ownPort) = listen(board) else {
    return misuse("no socket to listen")
  }
  let dialler = SocketDialler(board: board)
  guard let name = unsafe check_option(breakOption.utf8Start) else {
    var check = PortCheck(
      board: board, listener: listener, dialler: dialler, console: StandardOutput(), partner: partner,
      listeningPort: ownPort, connections: 8)
    return check.run() == 0 ? 0 : 1
  }
  guard let flaw = unsafe Flaw(named: name) else { return misuse("no such flaw: see Flaw.swift") }
  var check = PortCheck(
    board: FlawedBoard(board, flaw), listener: FlawedListener(listener: listener, flaw: flaw),
    dialler: FlawedDialler(dialler: dialler, flaw: flaw), console: StandardOutput(), partner: partner,
    listeningPort: ownPort, connections: 8)
  return check.run() == 0 ? 0 : 1
}

/// Listens on a port that the system picks.
func listen(_ board: SocketBoard) -> (SocketListener, UInt16)? {
  var address = csockets_address()
  var reason: Int32 = 0
  let loopback: InlineArray<4, UInt8> = [127, 0, 0, 1]
  let isMade = unsafe loopback.span.withUnsafeBufferPointer {
    unsafe csockets_address_make($0.baseAddress, $0.count, 0, &address)
  }
  guard isMade else { return nil }
  let descriptor = unsafe csockets_listen(&address, 8, &reason)
  guard descriptor >= 0, unsafe csockets_local_address(descriptor, &address),
    let listener = SocketListener(descriptor: descriptor, board: board)
  else { return nil }
  return (listener, unsafe csockets_address_port(&address))
}

func misuse(_ text: StaticString) -> Int32 {
  unsafe check_complain(text.utf8Start)
  return 64
}

check_exit(run())
