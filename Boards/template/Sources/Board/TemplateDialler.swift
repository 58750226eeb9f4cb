import Port
import PortCheck

/// Opens connections: step 4.
public struct TemplateDialler: Dialler {
  /// Opens connections of this board.
  public init() {}

  /// Step 4. Begins to connect and does not wait for the peer; nil when there is no memory for a connection.
  public mutating func dial(_ place: DialPlace) -> TemplateStream? {
    NotWritten.note("begin to connect, without waiting, and return the stream")
    return nil
  }
}
