import CMbedTLS
import Port
import PortTLS
import Testing

/// ALPN (RFC 8323 section 8.2).
@Suite struct TLSApplicationProtocolTests {
  @Test func client_offersCoap_andServerSelectsIt() throws {
    let pair = try TLSPair(
      TLSSide(.client), TLSSide(.server), clientRequiresProtocol: true, serverRequiresProtocol: true)
    #expect(pair.shakeHands())
    #expect(pair.client.faults.written.contains(run: [0x04, 0x63, 0x6f, 0x61, 0x70]))
    #expect(pair.client.stream.hasApplicationProtocol)
    #expect(pair.server.stream.hasApplicationProtocol)
  }

  /// U-10: a port other than 5684.
  @Test func server_requiringIt_clientWithout_alerts() throws {
    let client = try TLSSide(.client)
    client.setApplicationProtocol(nil)
    let pair = try TLSPair(client, TLSSide(.server), serverRequiresProtocol: true)
    pair.shakeHands()
    #expect(pair.server.failure == .local(.noApplicationProtocol))
    // The client's handshake is over when the server decides.
    #expect(pair.client.read() == .failed)
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 120)))
  }

  /// U-09, U-15: port 5684.
  @Test func server_notRequiringIt_clientWithout_goesOn() throws {
    let client = try TLSSide(.client)
    client.setApplicationProtocol(nil)
    let pair = try TLSPair(client, TLSSide(.server))
    #expect(pair.shakeHands())
    #expect(!pair.server.stream.hasApplicationProtocol)
    pair.exchange(toServer: [1], toClient: [2])
    #expect(pair.client.received == [2])
  }

  /// TL-18, U-14: offered, and none in common.
  @Test(arguments: [true, false])
  func server_clientOffersAnotherOne_alerts(isRequired: Bool) throws {
    let client = try TLSSide(.client)
    client.setApplicationProtocol("h2")
    let pair = try TLSPair(client, TLSSide(.server), serverRequiresProtocol: isRequired)
    #expect(!pair.shakeHands())
    #expect(pair.server.failure == .local(.noApplicationProtocol))
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 120)))
  }

  /// U-12: a port other than 5684; nothing of CoAP is sent.
  @Test func client_requiringIt_serverWithout_closesBeforeAnyData() throws {
    let server = try TLSSide(.server)
    server.setApplicationProtocol(nil)
    let pair = try TLSPair(TLSSide(.client), server, clientRequiresProtocol: true)
    #expect(!pair.shakeHands())
    #expect(pair.client.failure == .local(.noApplicationProtocol))
    #expect(pair.server.read() == .failed)
    #expect(pair.server.failure == .peer(TLSAlert(rawValue: 120)))
    #expect(pair.server.received.isEmpty)
  }

  /// U-13, U-15: port 5684.
  @Test func client_notRequiringIt_serverWithout_goesOn() throws {
    let server = try TLSSide(.server)
    server.setApplicationProtocol(nil)
    let pair = try TLSPair(TLSSide(.client), server)
    #expect(pair.shakeHands())
    #expect(!pair.client.stream.hasApplicationProtocol)
  }

  /// TL-19: it is agreed upon anew.
  @Test func client_resuming_agreesAgain() throws {
    let (client, server) = try (TLSSide(.client), TLSSide(.server))
    try server.context.offerTickets()
    let first = try TLSPair(client, server)
    try #require(first.shakeHands())
    let saved = try #require(first.client.savedSession())
    first.close()
    let second = try TLSPair(
      client, server, saved: saved, clientRequiresProtocol: true, serverRequiresProtocol: true)
    #expect(second.shakeHands())
    #expect(second.client.stream.isResumed)
    #expect(second.client.stream.hasApplicationProtocol)
  }
}
