import ArgumentParser
import DeviceCore

/// A time on the command line, in seconds with an optional fraction.
public struct Seconds: ExpressibleByArgument, CustomStringConvertible {
  public let span: Milliseconds

  public init(_ seconds: UInt32) {
    span = .seconds(seconds)
  }

  public init?(argument: String) {
    guard let seconds = Double(argument), seconds >= 0, seconds <= 2_000_000 else { return nil }
    span = Milliseconds(UInt32((seconds * 1000).rounded(.up)))
  }

  public var description: String {
    let number = Double(span.rawValue) / 1000
    return number == number.rounded() ? "\(Int(number))" : "\(number)"
  }

  public var defaultValueDescription: String { description }
}
