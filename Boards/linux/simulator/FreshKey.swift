import LinuxSupport
import Port

/// A pre-shared key that is made for one run and shown to the person who started it.
struct FreshKey {
  let identity = "device"
  /// Letters and digits of ASCII, so that clients can be given it as text too.
  let text: String

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
  private static let length = 24

  /// - Throws: when the board has no random bits.
  init(board: inout some Board) throws(SecurityFailure) {
    var characters: [UInt8] = []
    while characters.count < FreshKey.length {
      var bytes = InlineArray<64, UInt8>(repeating: 0)
      var space = bytes.mutableSpan
      guard board.fillRandom(&space) else { throw SecurityFailure("no random bits for a key") }
      for index in bytes.indices where characters.count < FreshKey.length {
        // Six bits name one of 64: those that name none are left out, so that all are equally likely.
        let number = Int(bytes[index] & 0x3f)
        if number < FreshKey.alphabet.count { characters.append(FreshKey.alphabet[number]) }
      }
    }
    text = String(decoding: characters, as: UTF8.self)
  }

  var key: SharedKey {
    // Neither is empty nor too long.
    try! SharedKey(identity: Array(identity.utf8), key: Array(text.utf8))
  }

  /// The form of `--psk` and of COAP_PSK.
  var hexText: String { "\(identity):" + LinuxSupport.hexText(Array(text.utf8).span) }
}
