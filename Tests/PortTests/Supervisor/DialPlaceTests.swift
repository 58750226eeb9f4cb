import DeviceCore
import Port
import Testing

/// Places by their text.
@Suite struct DialPlaceTests {
  private func read(_ text: String, port: UInt16) -> DialPlace? {
    DialPlace(Array(text.utf8).span, port: port)
  }

  @Test(arguments: ["0.0.0.0", "10.0.2.2", "255.255.255.255", "192.0.2.1"])
  func ipv4_isRead(text: String) throws {
    let place = try #require(read(text, port: 7))
    guard case .ipv4(let bytes) = place.address else {
      Issue.record("\(place)")
      return
    }
    let isRight = IPAddress(v4: Array(text.utf8).span)?.hasBytes(bytes.span)
    #expect(isRight == true)
    #expect(place.port == 7)
  }

  @Test(arguments: [
    "::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:2:3:4:5", "::ffff:192.0.2.128", "fe80::1:2",
    "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4:5:6:192.0.2.1", "ABCD:ef01::9a", "1::8", "::1.2.3.4",
    "1:0:0:2::", "64:ff9b::192.0.2.33",
  ])
  func ipv6_isRead(text: String) throws {
    let place = try #require(read(text, port: 5684))
    guard case .ipv6(let bytes) = place.address else {
      Issue.record("\(place)")
      return
    }
    let isRight = IPAddress(v6: Array(text.utf8).span)?.hasBytes(bytes.span)
    #expect(isRight == true)
  }

  @Test(arguments: ["", "a", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "[::1]", ":::", "1::2::3", "::g"])
  func anythingElse_isNone(text: String) {
    #expect(read(text, port: 1) == nil)
  }
}
