/// An entry of the table of the peer's observations (RFC 7641 section 4.1).
public struct Observer {
  var resource: UInt8 = 0
  /// Of the request, which is kept to be answered again. Nil when the entry is free.
  var request: MessageLayout?
  /// Of the notifications; it has to stay the same (RFC 7641 section 4.2).
  var format: ContentFormat?
  /// False as long as all of them were 2.03, which says nothing of a format.
  var isFormatKnown = false
  /// Of the state that the peer was told last.
  var revision: UInt32 = 0

  /// A free entry.
  public init() {}
}
