import Port
import PortCheck

/// One TCP connection of this board: steps 5 to 7, 9 and 10. It is a handle: a copy means the same connection.
public struct TemplateStream: ByteStream {
  /// Step 5. Whether the peer has answered: `nothingYet`, `open` or `failed`. A stack that keeps bytes until then
  /// can leave this function out.
  public mutating func open() -> OpenResult {
    NotWritten.note("say open when the peer has answered, failed when it has refused")
    return .nothingYet
  }

  /// Step 6. Takes as many bytes as there is room for, and copies them; `nothingYet` when there is none.
  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    NotWritten.note("take as many bytes as there is room for, and say how many")
    return .failed
  }

  /// Step 7. Copies what has come into `space`; `nothingYet` when that is nothing, `end` when the peer has closed.
  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    NotWritten.note("copy what has come, and say how much")
    return .failed
  }

  /// Step 9. Gives the connection back: its memory is free for the next one.
  public mutating func close() {
    NotWritten.note("end the connection, and free its place for the next one")
  }

  /// Step 10. Lets the peer know the end when all that was taken has been sent; reading goes on.
  public mutating func finishWriting() {
    NotWritten.note("send the end behind all that was taken; go on reading")
  }
}
