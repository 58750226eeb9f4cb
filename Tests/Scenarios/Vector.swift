/// What a server without resources does with the input of a vector.
enum VectorExpectation: UInt8 {
  /// Sends 7.05 and closes; nothing behind the bad message is processed.
  case abort
  /// Closes; sends nothing but answers that were already due.
  case close
  /// Waits for more bytes.
  case incomplete
  /// Accepts the input, sends nothing and stays open.
  case silent
  /// Answers with the codes in `Vector.codes`, in order, and stays open.
  case reply
  /// Sends exactly `Vector.out` and stays open.
  case replyExact
}

/// One row of `Tests/Vectors/vectors.json`: bytes for a stream connection and what they must lead to.
///
/// Texts stay in the notation of the file, where `{41*268}` is 268 bytes of 0x41, so that the table
/// costs a device little flash.
struct Vector {
  /// Such as `V-A15`.
  var id: StaticString
  /// The group's letter in ASCII. In group C (0x43) the input is the peer's first CSM.
  var group: UInt8
  /// The Max-Message-Size we announced, in bytes.
  var maxMessageSize: UInt32
  /// The Extended-Token-Length we announced, in bytes.
  var maxTokenLength: UInt32
  /// Hexadecimal.
  var input: StaticString
  /// The messages in `input`, separated by " / ".
  var decodes: StaticString
  var expectation: VectorExpectation
  /// Hexadecimal; empty where the bytes are not determined. With `.abort` its diagnostic text is an example.
  var out: StaticString
  /// Response codes separated by a blank, alternatives by "|", such as "4.04|2.05 7.03"; empty unless `.reply`.
  var codes: StaticString
}
