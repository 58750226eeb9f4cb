import Port
import PortCheck

/// Takes connections that come in: step 8.
public struct TemplateListener: Listener {
  /// Listens on a TCP port.
  public init(port: UInt16) {}

  /// Step 8. The next connection that a peer has opened; nil when there is none now.
  public mutating func accept() -> TemplateStream? {
    NotWritten.note("return the next connection that a peer has opened")
    return nil
  }
}
