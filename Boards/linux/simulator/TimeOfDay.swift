import DeviceCore
import Foundation

/// The date and time of the machine, in UTC.
struct TimeOfDay: Resource {
  let path: StaticString = "time"
  let attributes = LinkAttributes(resourceType: "time", contentFormats: "0")

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    var text = Date.now.formatted(.iso8601)
    response.begin(.content, .textPlain)
    text.withUTF8 { bytes in
      unsafe response.append(bytes.span)
    }
  }
}
