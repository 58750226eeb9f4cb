/// A door of the core that bytes come in by; see toolchain/fuzz --list.
enum Target: String {
  case server
  case client
  case webSocketServer = "websocket-server"
  case webSocketClient = "websocket-client"
  case upgradeServer = "upgrade-server"
  case upgradeClient = "upgrade-client"
  case options
  case uri
  case links
  case blocks
  case capabilities
  case decoder
  /// Those that have a fault, to prove that it is found.
  case plantedViolation = "planted-violation"
  case plantedTrap = "planted-trap"
  case plantedAllocation = "planted-allocation"
  case plantedOverrun = "planted-overrun"

  func run(_ tape: inout Tape) {
    switch self {
    case .server: fuzzServer(&tape)
    case .client: fuzzClient(&tape)
    case .webSocketServer: fuzzWebSocket(&tape, .server)
    case .webSocketClient: fuzzWebSocket(&tape, .client)
    case .upgradeServer: fuzzUpgrade(&tape, .server)
    case .upgradeClient: fuzzUpgrade(&tape, .client)
    case .options: fuzzOptions(&tape)
    case .uri: fuzzURI(&tape)
    case .links: fuzzLinks(&tape)
    case .blocks: fuzzBlocks(&tape)
    case .capabilities: fuzzCapabilities(&tape)
    case .decoder: fuzzDecoder(&tape)
    case .plantedViolation, .plantedTrap, .plantedAllocation, .plantedOverrun: runPlanted(self, &tape)
    }
  }
}
