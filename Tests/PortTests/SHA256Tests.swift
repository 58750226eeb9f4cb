import PortTLS
import Testing

/// The examples of FIPS 180-4, whole and in pieces.
@Suite struct SHA256Tests {
  private func hex(_ digest: InlineArray<32, UInt8>) -> String {
    var text = ""
    for index in digest.indices {
      let digits = String(digest[index], radix: 16)
      text += digits.count == 1 ? "0" + digits : digits
    }
    return text
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func digest_ofAnyPieces_isThatOfTheWhole(_ text: String, _ expected: String) {
    let bytes = Array(text.utf8)
    for pieceCount in [1, 63, 64, 1000, 1_000_000] where pieceCount > 1 || bytes.count < 1000 {
      var sha256 = SHA256()
      for start in stride(from: 0, to: bytes.count, by: pieceCount) {
        let end = min(start + pieceCount, bytes.count)
        sha256.add(bytes.span.extracting(start..<end))
      }
      #expect(hex(sha256.finish()) == expected)
    }
  }
}
