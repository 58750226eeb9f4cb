import Glibc
import LinuxSupport

/// The terminal that a person looks at, if standard error is one.
struct Terminal {
  /// Whether what is written can be overwritten.
  let isThere: Bool
  /// Whether colours may be used: not when NO_COLOR is set (no-color.org).
  let isColored: Bool

  init(_ descriptor: Int32 = STDERR_FILENO) {
    isThere = isatty(descriptor) == 1 && Terminal.variable("TERM") ?? "dumb" != "dumb"
    isColored = isThere && Terminal.variable("NO_COLOR") ?? "" == ""
  }

  /// In characters.
  static func width(_ descriptor: Int32 = STDERR_FILENO) -> Int {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  private static func variable(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}
