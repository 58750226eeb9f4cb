/// An entry of the table of bodies that come in blocks (RFC 7959 section 2.5).
public struct IncomingBody {
  /// What all blocks of the body have in common: ``Message/bodyKey``.
  var key: UInt32 = 0
  /// The place of the byte that comes next.
  var next: UInt32 = 0
  var format: ContentFormat?
  var number: UInt16 = 0
  /// Whether the first block had If-None-Match, which the others have not got (RFC 7959 section 2.10).
  var hasIfNoneMatch = false
  var state = State.free
  /// When the rest has to have come.
  var timer = Timer.off

  /// What becomes of the entry.
  enum State: UInt8 {
    case free
    /// Put together in the connection's memory.
    case assembled
    /// Handed to its resource part by part.
    case streamed
    /// Given up, which the resource has not been told.
    case abandoned
  }

  /// A free entry.
  public init() {}
}

extension Message {
  /// A number that is the same for all requests that bring blocks of one body: of the method, the place and
  /// Request-Tag (RFC 7959 section 2.5, RFC 9175 section 3.3).
  ///
  /// A hash: a peer that goes to the trouble of finding two requests with the same one mixes up its own bodies.
  var bodyKey: UInt32 { key(isTagged: true) }

  /// The same without Request-Tag: of all requests that ask for blocks of one answer.
  var answerKey: UInt32 { key(isTagged: false) }

  @inline(never)
  private func key(isTagged: Bool) -> UInt32 {
    var hash: UInt32 = 0x811c_9dc5
    func mix(_ byte: UInt8) { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
    mix(code.rawValue)
    var options = self.options
    while let option = options.nextCompact() {
      switch option.number {
      case .uriHost, .uriPort, .uriPath, .uriQuery: break
      case .requestTag where isTagged: break
      default: continue
      }
      mix(UInt8(truncatingIfNeeded: option.number.rawValue))
      mix(UInt8(truncatingIfNeeded: option.value.count))
      for index in option.value.indices { mix(option.value[index]) }
    }
    return hash
  }
}

/// The body of an answer that the peer has not got all of, kept in the connection's memory.
struct KeptAnswer {
  var key: UInt32
  var code: Code
  var format: ContentFormat?
  var eTag: UInt32?
  var byteCount: UInt32
  /// Until when it is kept.
  var timer: Timer
}
