import DeviceCore

/// When there is something to do again.
struct Deadline {
  /// Nil for never.
  let moment: Instant?

  /// The earliest of these.
  init(_ one: Instant?, _ other: Instant? = nil) {
    moment = Instant.earlier(one, other)
  }
}
