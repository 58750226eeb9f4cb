import ArgumentParser

@main
struct Simulator: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulator",
    abstract: "A CoAP device on the desk: the board called Linux.",
    discussion: """
      Serves the same resources, through the same core and the same loop, as a microcontroller does.

      Try it:    simulator serve
      Then:      coap get coap+tcp://127.0.0.1/sensors/temperature
                 coap observe coap+tcp://127.0.0.1/sensors/temperature
                 coap put coap+tcp://127.0.0.1/firmware --file IMAGE
      With TLS:  simulator serve --fresh-psk

      As a device that connects to its server and stays connected:
                 simulator dial coap+tcp://127.0.0.1:5700
      """,
    version: "coap-device-sdk simulator 0.1.0",
    subcommands: [Serve.self, Dial.self],
    defaultSubcommand: Serve.self)
}
