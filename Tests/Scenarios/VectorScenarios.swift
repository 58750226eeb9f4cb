import DeviceCore

// Every vector of groups A to H: what it decodes to, and what a server without resources does with it,
// fed in one piece, byte by byte and cut in two.

private func checkDecoding(group: UInt8, _ check: inout Checker) {
  for index in 0..<VectorTable.count {
    let vector = VectorTable.vector(at: index)
    guard vector.group == group else { continue }
    check.subject = vector.id
    let input = ByteStore(.input, hex: vector.input)
    var text = TextMatcher(vector.decodes)
    describe(
      input.bytes, maxMessageSize: vector.maxMessageSize, maxTokenLength: vector.maxTokenLength,
      to: &text)
    check.expect(text.isComplete, "decoded otherwise")
  }
  check.subject = ""
}

func vectorsA_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x41, &check) }
func vectorsB_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x42, &check) }
// C-07 S-01 S-04 I-01: signals have options of their own, by code.
func vectorsC_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x43, &check) }
func vectorsD_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x44, &check) }
func vectorsE_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x45, &check) }
// F-08
func vectorsF_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x46, &check) }

func vectorsG_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x47, &check) }
func vectorsH_decoded_readAsListed(_ check: inout Checker) { checkDecoding(group: 0x48, &check) }

func vectorsA_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x41, .whole, &check)
}
func vectorsA_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x41, .bytes, &check)
}
func vectorsA_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x41, .twoPieces, &check)
}

func vectorsB_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x42, .whole, &check)
}
func vectorsB_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x42, .bytes, &check)
}
func vectorsB_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x42, .twoPieces, &check)
}

func vectorsC_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x43, .whole, &check)
}
func vectorsC_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x43, .bytes, &check)
}
func vectorsC_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x43, .twoPieces, &check)
}

func vectorsD_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x44, .whole, &check)
}
func vectorsD_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x44, .bytes, &check)
}
func vectorsD_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x44, .twoPieces, &check)
}

func vectorsE_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x45, .whole, &check)
}
func vectorsE_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x45, .bytes, &check)
}
func vectorsE_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x45, .twoPieces, &check)
}

func vectorsF_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x46, .whole, &check)
}
func vectorsF_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x46, .bytes, &check)
}
func vectorsF_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x46, .twoPieces, &check)
}

func vectorsG_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x47, .whole, &check)
}
func vectorsG_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x47, .bytes, &check)
}
func vectorsG_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x47, .twoPieces, &check)
}

func vectorsH_inOnePiece_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x48, .whole, &check)
}
func vectorsH_byteByByte_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x48, .bytes, &check)
}
func vectorsH_inTwoPieces_handledAsListed(_ check: inout Checker) {
  VectorRun.run(group: 0x48, .twoPieces, &check)
}
