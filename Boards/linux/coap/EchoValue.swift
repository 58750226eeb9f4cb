import DeviceCore
import LinuxSupport

/// The Echo value that a server wants back in the next request on the same connection (RFC 9175 section 2.3).
struct EchoValue {
  /// Empty for none.
  private(set) var value: [UInt8] = []
  /// Whether the request that is under way has such a value, so that asking again would be no use.
  private var isAnswering = false

  /// The value has gone out: it is for one request.
  mutating func didSend() {
    isAnswering = !value.isEmpty && isAnswering
    value = []
  }

  /// Takes note of a response.
  ///
  /// - Returns: whether the request is to be sent once more, because the server says so.
  mutating func isDemanded(by response: Message) -> Bool {
    guard let option = response.firstOption(.echo), (1...40).contains(option.value.count) else {
      isAnswering = false
      return false
    }
    value = array(option.value)
    let isDemand = response.code == .unauthorized && !isAnswering
    isAnswering = isDemand
    return isDemand
  }
}
