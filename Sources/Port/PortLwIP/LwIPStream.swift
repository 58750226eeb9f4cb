import CLwIP
import Port

/// A TCP connection of lwIP.
@safe
public struct LwIPStream: ByteStream {
  private let connection: UnsafeMutablePointer<LwIPConnection>

  @unsafe
  init(_ connection: UnsafeMutablePointer<LwIPConnection>) {
    unsafe self.connection = connection
  }

  public mutating func open() -> OpenResult {
    switch unsafe connection.pointee.phase {
    case .connecting: .nothingYet
    case .open: .open
    default: .failed
    }
  }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    let count = unsafe connection.pointee.window.take(into: &space)
    if count > 0 {
      if let transport = unsafe connection.pointee.transport {
        // Lets the peer send as much again; not more than a window, so below 65536.
        unsafe tcp_recved(transport, UInt16(count))
      }
      return .bytes(count)
    }
    if unsafe connection.pointee.isInputEnded { return .end }
    return unsafe connection.pointee.phase == .failed ? .failed : .nothingYet
  }

  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    guard unsafe connection.pointee.phase != .connecting else { return .nothingYet }
    guard let transport = unsafe connection.pointee.transport else { return .failed }
    let space = unsafe clwip_send_space(transport)
    let count = min(bytes.count, Int(space))
    guard count > 0 else { return .nothingYet }
    let result = unsafe bytes.withUnsafeBytes { buffer in
      unsafe tcp_write(transport, buffer.baseAddress, UInt16(count), UInt8(CLWIP_COPY))
    }
    guard result == err_t(CLWIP_OK) else {
      return result == err_t(CLWIP_OUT_OF_MEMORY) ? .nothingYet : .failed
    }
    // What cannot be sent now is sent by lwIP's timer.
    _ = unsafe tcp_output(transport)
    return .bytes(count)
  }

  public mutating func finishWriting() {
    guard let transport = unsafe connection.pointee.transport,
      unsafe !connection.pointee.isOutputEnded
    else { return }
    unsafe connection.pointee.isOutputEnded = true
    _ = unsafe tcp_shutdown(transport, 0, 1)
    // Over in both directions: lwIP forgets it without telling.
    if unsafe connection.pointee.isInputEnded { unsafe connection.pointee.letGo() }
  }

  public mutating func close() {
    unsafe connection.pointee.letGo()
    unsafe connection.pointee.phase = .free
  }

  public var hasUnreadInput: Bool {
    unsafe connection.pointee.window.count > 0 || connection.pointee.isInputEnded
      || connection.pointee.phase == .failed
  }
}
