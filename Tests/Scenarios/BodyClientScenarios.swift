import DeviceCore

// What a client makes of the answers of odd servers.

/// A response of these bytes, read as a client does.
@inline(never)
private func receive(
  _ download: inout BodyDownload, _ hex: StaticString
) -> (BodyDownload.Step?, TransferError?) {
  let store = ByteStore(.vector, hex: hex)
  var reader = MessageReader(store.bytes)
  guard let message = reader.next() else { return (nil, nil) }
  do throws(TransferError) {
    return (try download.receive(message), nil)
  } catch {
    return (nil, error)
  }
}

@inline(never)
private func receive(_ upload: inout BodyUpload, _ hex: StaticString) -> (BodyUpload.Step?, TransferError?) {
  let store = ByteStore(.vector, hex: hex)
  var reader = MessageReader(store.bytes)
  guard let message = reader.next() else { return (nil, nil) }
  do throws(TransferError) {
    return (try upload.receive(message), nil)
  } catch {
    return (nil, error)
  }
}

// C-11 B-02 B-05 B-08 V-H01 V-H03 V-H05: the chain of RFC 8323 section 6, 12903 bytes.
func client_bertChain_isPutTogether(_ check: inout Checker) {
  var download = BodyDownload(largest: .bert)
  check.expect(receive(&download, "e00af745 d10a0f ff {61*3072}").0 == .part && download.offset == 3072)
  check.expect(receive(&download, "e012f745 d10a3f ff {62*5120}").0 == .part && download.offset == 8192)
  check.expect(receive(&download, "e0115e45 d10a87 ff {63*4711}").0 == .last && download.offset == 12903)
}

// B-04 B-09 BL-05: SZX 6 in answer to BERT, then smaller; the size goes down and never up.
func client_serverChoosesSmallerBlocks_isFollowed(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: TestEnd.boundlessCSM)
  var download = BodyDownload(largest: .bert)
  check.expect(receive(&download, "e002f745 d10a0e ff {61*1024}").0 == .part)
  check.expect(receive(&download, "e000f745 d10a2d ff {61*512}").0 == .part && download.offset == 1536)
  let next = download
  check.expect(end.send(.get) { writer throws(WriteError) in try next.appendBlock(to: &writer) } == nil)
  end.run()
  check.expectMessages(&end, "0.01 T:50000000 O:23=35 P:0")
  check.expect(receive(&download, "e002f745 d10a1e ff {61*1024}").1 == .otherBlock)
  check.expect(receive(&download, "e00af845 d20a0060 ff {61*3072}").1 == .otherBlock)
}

// BL-03 BL-06 B-06: other blocks, other lengths, other representations.
func client_blocksThatDoNotBelong_areRefused(_ check: inout Checker) {
  var download = BodyDownload(largest: BlockSize(rawValue: 0))
  check.expect(receive(&download, "d0 07 45 d10a18 ff {61*16}").1 == .otherBlock, "block 1 first")
  check.expect(receive(&download, "d0 07 45 d10a08 ff {61*16}").0 == .part)
  check.expect(receive(&download, "d0 07 45 d10a08 ff {61*16}").1 == .otherBlock, "block 0 again")
  check.expect(receive(&download, "d0 06 45 d10a18 ff {61*15}").1 == .wrongLength)
  check.expect(receive(&download, "d0 08 45 d10a18 ff {61*17}").1 == .wrongLength)
  check.expect(receive(&download, "d0 08 45 d10a10 ff {61*17}").1 == .wrongLength)
  check.expect(receive(&download, "d0 04 45 ff {61*16}").1 == .otherBlock, "no Block2")
  check.expect(receive(&download, "d0 09 45 4107 d10618 ff {61*16}").1 == .changed, "an ETag from nowhere")
  check.expect(receive(&download, "d0 07 45 d10a28 ff {61*16}").1 == .otherBlock)
  check.expect(download.offset == 16)
  check.expect(receive(&download, "0080").0 == .refused)
  download.restart()
  check.expect(receive(&download, "d0 09 45 4107 d10608 ff {61*16}").0 == .part)
  check.expect(receive(&download, "d0 07 45 d10a18 ff {61*16}").1 == .changed, "no ETag any more")
  check.expect(receive(&download, "d0 09 45 4108 d10618 ff {61*16}").1 == .changed)
  check.expect(receive(&download, "b0 45 4107 d10610 ff {61*5}").0 == .last && download.offset == 21)
}

// BL-18: M ends a transfer, and not Size2, which may lie.
func client_size2Lies_isNoEnd(_ check: inout Checker) {
  var download = BodyDownload()
  check.expect(receive(&download, "d0 09 45 d10a08 5101 ff {61*16}").0 == .part && download.byteCount == 1)
  check.expect(receive(&download, "d0 07 45 d10a18 ff {61*16}").0 == .part)
  check.expect(receive(&download, "80 45 d10a20 ff {61*4}").0 == .last && download.offset == 36)
  var other = BodyDownload()
  check.expect(receive(&other, "80 45 ff {61*7}").0 == .last && other.offset == 7, "no blocks")
  var empty = BodyDownload()
  check.expect(receive(&empty, "0045").0 == .last && empty.offset == 0)
}

// A server whose blocks never end, until their numbers do.
func client_endlessBlocks_endWithTheirNumbers(_ check: inout Checker) {
  // 65 blocks a message, of which all but the number stays the same.
  var store = ByteStore(.input, hex: "f0 000002f9 45 d30a 00000f ff {61*66560}")
  var download = BodyDownload(largest: .bert)
  for index in UInt32(0)..<16_132 {
    let number = index * 65
    store.replace(8, with: UInt8(truncatingIfNeeded: number >> 12))
    store.replace(9, with: UInt8(truncatingIfNeeded: number >> 4))
    store.replace(10, with: UInt8(truncatingIfNeeded: number << 4) | 0x0f)
    var step: BodyDownload.Step?
    var fault: TransferError?
    var reader = MessageReader(store.bytes)
    if let message = reader.next() {
      do throws(TransferError) {
        step = try download.receive(message)
      } catch {
        fault = error
      }
    }
    let isLast = index == 16_131
    check.expect(isLast ? fault == .tooLarge : step == .part, "other step")
  }
  check.expect(Block(offset: 0xff_fff0, isMore: true, size: .smallest)?.number == 0x0f_ffff)
  check.expect(Block(offset: 0x100_0000, isMore: true, size: .smallest) == nil)
  check.expect(Block(offset: 0x3fff_fc00, isMore: true, size: .bert)?.number == 0x0f_ffff)
  check.expect(Block(offset: 0x4000_0000, isMore: true, size: .bert) == nil)
  check.expect(Block(offset: 100, isMore: true, size: .smallest) == nil, "between two blocks")
}

/// Sends the next part and says which one it is.
@inline(never)
private func send(_ end: inout TestEnd, _ upload: inout BodyUpload) -> Range<UInt32>? {
  var next = upload
  var part: Range<UInt32>?
  let error = end.send(.put) { writer throws(WriteError) in
    let range = try next.appendBlock(to: &writer)
    try writer.append(pattern: range, 0)
    part = range
  }
  upload = next
  end.run()
  return error == nil ? part : nil
}

// BL-11 BL-12: a smaller size in a 2.31 is followed, a larger one is not; block numbers are those of the new size.
func client_serverWantsSmallerBlocks_sendsThem(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: TestEnd.boundlessCSM)
  var upload = BodyUpload(byteCount: 5000, largest: .largest)
  check.expect(send(&end, &upload) == 0..<1024)
  check.expectMessages(&end, "0.03 T:50000000 O:27=0e,60=1388 P:1024")
  check.expect(receive(&upload, "305f d10e0a").0 == .next, "SZX 2")
  check.expect(send(&end, &upload) == 1024..<1088)
  check.expectMessages(&end, "0.03 T:50000001 O:27=010a P:64")
  check.expect(receive(&upload, "405f d20e010e").1 == .otherBlock, "NUM 16 of SZX 6")
  check.expect(receive(&upload, "405f d20e010a").0 == .next)
  check.expect(send(&end, &upload) == 1088..<1152)
  end.output.removeAll()
  check.expect(receive(&upload, "0045").0 == .next, "success before the end, RFC 7959 section 2.9.1")
  check.expect(receive(&upload, "0083").0 == .refused)
}

// BL-12 V-H19: 4.13 with a smaller block begins anew with that; with Size1 it is the end.
func client_entityTooLarge_takesTheHint(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: TestEnd.boundlessCSM)
  var upload = BodyUpload(byteCount: 5000, largest: .largest)
  _ = send(&end, &upload)
  check.expect(receive(&upload, "308d d10e0a").0 == .restart && upload.offset == 0)
  check.expect(send(&end, &upload) == 0..<64)
  check.expect(receive(&upload, "308d d10e0a").0 == .refused, "no smaller than ours")
  var other = BodyUpload(byteCount: 5000, largest: .largest)
  _ = send(&end, &other)
  check.expect(receive(&other, "408d d22f03e8").0 == .refused && other.largestByteCount == 1000)
  end.output.removeAll()
}

// BL-01 E-05: bodies that fit go whole, or in blocks where that is wanted; Request-Tag only with blocks.
func client_smallBodies_goWhole(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: TestEnd.boundlessCSM)
  var whole = BodyUpload(byteCount: 100, largest: .largest, tag: 5)
  check.expect(send(&end, &whole) == 0..<100)
  check.expectMessages(&end, "0.03 T:50000000 O:- P:100")
  check.expect(receive(&whole, "0044").0 == .done)
  var split = BodyUpload(byteCount: 100, largest: BlockSize(rawValue: 2)!, isSplit: true, tag: 5)
  check.expect(send(&end, &split) == 0..<64)
  check.expectMessages(&end, "0.03 T:50000001 O:27=0a,60=64,292=00000005 P:64")
  check.expect(receive(&split, "305f d10e0a").0 == .next)
  check.expect(send(&end, &split) == 64..<100)
  check.expectMessages(&end, "0.03 T:50000002 O:27=12,292=00000005 P:36")
  check.expect(receive(&split, "305f d10e12").1 == .otherBlock, "2.31 behind the last block")
  check.expect(receive(&split, "0044").0 == .done)
  var empty = BodyUpload(byteCount: 0, largest: .largest, isSplit: true)
  check.expect(send(&end, &empty) == 0..<0)
  check.expectMessages(&end, "0.03 T:50000003 O:- P:0")
}

// B-11 C-20 AMB 25: the server lowers Max-Message-Size between two blocks.
func client_serverLowersItsLimit_blocksFollow(_ check: inout Checker) {
  var end = TestEnd(.initiator, sizes: Sizes(transmit: 6000), peerCSM: TestEnd.boundlessCSM)
  check.expect(end.connection.largestBlock == .bert)
  var upload = BodyUpload(byteCount: 20_000, largest: .bert)
  check.expect(send(&end, &upload) == 0..<5120)
  check.expectMessages(&end, "0.03 T:50000000 O:27=0f,60=4e20 P:5120")
  check.expect(receive(&upload, "305f d10e0f").0 == .next)
  end.feed("30e1 220258")
  check.expect(end.connection.largestBlock == .largest)
  check.expect(send(&end, &upload) == 5120..<5632)
  check.expectMessages(&end, "0.03 T:50000001 O:27=ad P:512")
  check.expect(receive(&upload, "305f d10ead").0 == .next)
  end.feed("20e1 2114")
  check.expect(send(&end, &upload) == nil, "no block fits")
  check.expectOutput(&end, "")
}
