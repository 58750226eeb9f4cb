// Trap 1 of Embedded Swift on purpose, in a module of its own: within one module it does not show.

/// Takes bytes in a generic way, as a port's stream does.
public protocol ByteSink {
  mutating func take(_ bytes: Span<UInt8>)
}

/// A queue with a compile-time capacity and a view of its inline array in two forms.
public struct InlineQueue<let capacity: Int>: ~Copyable {
  private var storage = InlineArray<capacity, UInt8>(repeating: 0)
  private var end = 0

  public init() {}

  public mutating func append(_ byte: UInt8) {
    storage[end] = byte
    end += 1
  }

  /// The bad form: in Embedded mode a specialised generic caller in another module gets a view of a copy
  /// that is gone.
  public var borrowedBytes: Span<UInt8> {
    @_lifetime(borrow self)
    get { storage.span.extracting(first: end) }
  }

  /// The good form: what is mutated is not copied.
  public var exclusiveBytes: Span<UInt8> {
    @_lifetime(&self)
    mutating get { storage.span.extracting(first: end) }
  }
}

/// The generic caller: a queue joined to a sink.
public struct QueueWithSink<let capacity: Int, Sink: ByteSink>: ~Copyable {
  public var queue = InlineQueue<capacity>()
  public var sink: Sink

  public init(_ sink: Sink) {
    self.sink = sink
  }

  public mutating func flushBorrowed() { sink.take(queue.borrowedBytes) }
  public mutating func flushExclusive() { sink.take(queue.exclusiveBytes) }
}
