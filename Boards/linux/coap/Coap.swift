import ArgumentParser
import Glibc

@main
struct Coap: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coap",
    abstract: "A client for CoAP over TCP, TLS and WebSockets (RFC 8323), on the same core as the devices.",
    discussion: """
      Reads, changes and observes resources of any CoAP server that speaks TCP or WebSockets, in blocks where they \
      are large, lists them, measures round trips, and takes messages apart.

      EXAMPLES:
        coap get coap+tcp://127.0.0.1/sensors/temperature
        coap discover 127.0.0.1
        coap put coap+tcp://127.0.0.1/actuators/led --payload 1
        coap put coap+tcp://127.0.0.1/firmware --file image.bin
        coap observe coap+tcp://127.0.0.1/sensors/temperature --count 10
        coap get coaps+tcp://127.0.0.1/sensors/temperature --psk-file keys
        coap get coap+ws://127.0.0.1:8080/sensors/temperature
        coap ping coap+tcp://127.0.0.1 --count 5
        coap probe coap+tcp://127.0.0.1
        coap inspect d40901deadbeefb773656e736f72730474656d70

      EXIT CODES:
        0   the server answered 2.xx (or all is well)
        4   the server answered 4.xx
        5   the server answered 5.xx
        1   anything else went wrong; the reason is on standard error
        130 Ctrl-C, SIGINT or SIGTERM before the answer was there
        64  the command line is wrong, or a file of keys or certificates is

      ENVIRONMENT:
        COAP_PSK   a pre-shared key as --psk has it, but not in the list of processes
      """,
    version: "coap-device-sdk coap 0.1.0",
    subcommands: [
      Get.self, Put.self, Post.self, Delete.self, Fetch.self, Patch.self, IPatch.self,
      Observe.self, Discover.self, Ping.self, Inspect.self, Probe.self,
    ])

  func run() throws {
    throw ValidationError("what to do is missing: get, put, ping ...")
  }

  /// As the library's own, but every error is one line.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      complain(failure.description)
      Glibc.exit(failure.exitCode)
    } catch let code as ExitCode {
      Glibc.exit(code.rawValue)
    } catch {
      guard exitCode(for: error) != .success else { exit(withError: error) }
      let reason = message(for: error).split(separator: "\n").first ?? "wrong usage"
      complain("\(reason) (see \(helpCommand))")
      Glibc.exit(exitCode(for: error).rawValue)
    }
  }

  /// What to type for help on the command that was meant.
  private static var helpCommand: String {
    let known = configuration.subcommands.compactMap { $0.configuration.commandName }
    let meant = CommandLine.arguments.dropFirst().first.flatMap { known.contains($0) ? $0 : nil }
    return (["coap"] + [meant].compactMap(\.self) + ["--help"]).joined(separator: " ")
  }
}

/// Why the tool gives up, in one line.
struct Failure: Error, CustomStringConvertible {
  let description: String
  let exitCode: Int32

  init(_ description: String, exitCode: Int32 = 1) {
    self.description = description
    self.exitCode = exitCode
  }
}
