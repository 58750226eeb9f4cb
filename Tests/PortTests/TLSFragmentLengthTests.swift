import Port
import PortTLS
import Testing

@Suite struct TLSFragmentLengthTests {
  @Test(arguments: [512, 1024, 2048, 4096])
  func record_afterAnOffer_hasNoMoreContentThanThat(byteCount: Int) throws {
    let client = try TLSSide(.client)
    client.context.offer(try #require(MaximumFragmentLength(byteCount: byteCount)))
    let pair = try TLSPair.open(client, TLSSide(.server))
    let data = [UInt8].pattern(3 * byteCount + 1)
    pair.exchange(toServer: data, toClient: data)
    #expect(pair.server.received.firstDifference(from: data) == nil)
    #expect(pair.client.received.firstDifference(from: data) == nil)
    for end in [pair.client, pair.server] {
      let records = TLSRecord.records(of: end.faults.written)
      // ChaCha20-Poly1305 adds 16 bytes to the content of a record that is encrypted.
      #expect(records.allSatisfy { $0.content.count <= byteCount + 16 })
      let dataRecords = records.filter { $0.type == TLSRecord.dataType }
      #expect(dataRecords.map { $0.content.count - 16 } == [byteCount, byteCount, byteCount, 1])
    }
  }

  @Test func fragmentLength_otherNumber_isNone() {
    #expect(MaximumFragmentLength(byteCount: 256) == nil)
    #expect(MaximumFragmentLength(byteCount: 8192) == nil)
    for count in [512, 1024, 2048, 4096] {
      #expect(MaximumFragmentLength(byteCount: count)?.byteCount == count)
    }
  }
}
