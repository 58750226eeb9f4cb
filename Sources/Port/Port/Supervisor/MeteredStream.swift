import DeviceCore

/// How many bytes have passed over a stream, modulo 2^32: who looks now and then sees whether it was
/// silent.
public struct TrafficMeter {
  var receivedCount: UInt32 = 0
  var sentCount: UInt32 = 0

  /// Nothing has passed.
  public init() {}
}

/// A stream whose bytes are counted. Copies are the same stream.
@safe
struct MeteredStream<Base: ByteStream>: ByteStream {
  private var base: Base
  private let meter: UnsafeMutablePointer<TrafficMeter>

  /// - Precondition: `meter` is initialised, outlives the stream and does not move.
  @unsafe
  init(_ base: Base, meter: UnsafeMutablePointer<TrafficMeter>) {
    self.base = base
    unsafe self.meter = meter
  }

  mutating func open() -> OpenResult { base.open() }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    let result = base.read(into: &space)
    if case .bytes(let count) = result {
      unsafe meter.pointee.receivedCount &+= UInt32(truncatingIfNeeded: count)
    }
    return result
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    let result = base.write(bytes)
    if case .bytes(let count) = result {
      unsafe meter.pointee.sentCount &+= UInt32(truncatingIfNeeded: count)
    }
    return result
  }

  mutating func finishWriting() { base.finishWriting() }
  mutating func close() { base.close() }

  var isSecured: Bool { base.isSecured }
  var hasUnreadInput: Bool { base.hasUnreadInput }
  var failure: TLSFailure? { base.failure }
}
