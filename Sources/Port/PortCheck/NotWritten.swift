import DeviceCore

/// Remembers which function of a new port was called although nobody has written it yet, so that the port check
/// can name it. The functions of `Boards/template` call ``note(_:file:function:)``; what replaces their bodies
/// does not.
///
/// For one thread, as a port is.
public enum NotWritten {
  struct Function {
    let file: StaticString
    let name: StaticString
    let task: StaticString
  }

  nonisolated(unsafe) private(set) static var first: Function?

  static var isNoted: Bool { unsafe first != nil }

  /// Says that the calling function is still to be written; only the first call counts.
  ///
  /// - Parameter task: what it has to do, in a few words.
  public static func note(
    _ task: StaticString, file: StaticString = #filePath, function: StaticString = #function
  ) {
    if unsafe first == nil { unsafe first = Function(file: file, name: function, task: task) }
  }
}

extension NotWritten.Function {
  /// The file's path from the folder `Boards` on, or all of it.
  var place: Span<UInt8> {
    @_lifetime(immortal) get {
      let path = file.bytes
      let folder: StaticString = "/Boards/"
      var start = path.count - folder.bytes.count
      while start >= 0 {
        if path.extracting(start..<start + folder.bytes.count).isEqual(to: folder) {
          return path.extracting((start + 1)...)
        }
        start -= 1
      }
      return path
    }
  }
}
