import DeviceCore

/// Sends back what is posted, in its own format.
public struct Echo: Resource {
  public var path: StaticString { "echo" }

  public init() {}

  public mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.changed)
    if let format = request.contentFormat { response.append(.contentFormat, format) }
    response.append(request.payload)
  }
}
