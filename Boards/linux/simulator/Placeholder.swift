import Port
import DeviceCore
struct TracingStream<Base: ByteStream>: ByteStream {
  var base: Base
  init(_ base: Base, label: String, sink: @escaping (String) -> Void) { self.base = base }
  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult { base.read(into: &space) }
  mutating func write(_ bytes: Span<UInt8>) -> WriteResult { base.write(bytes) }
  mutating func finishWriting() { base.finishWriting() }
  mutating func close() { base.close() }
}
