/// What is wrong with the answer of a peer in a block-wise transfer of ours.
public enum TransferError: Error, Equatable, Sendable {
  /// Another block than the one that was asked for or sent.
  case otherBlock
  /// The payload has not got the length of its blocks (RFC 7959 section 2.3).
  case wrongLength
  /// The representation has changed since the first block: the transfer has to start anew (RFC 7959 section 2.4).
  case changed
  /// The body goes beyond the last block that can be numbered, 1 GiB.
  case tooLarge
}
