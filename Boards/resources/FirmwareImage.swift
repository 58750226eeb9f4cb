import DeviceCore

/// Takes a firmware image by PUT, however large, with the memory of one message: its SHA-256 is computed on the way,
/// and the bytes would go to flash. They are not kept here, so there is no GET; ``FirmwareStatus`` says what came.
///
/// With `?sha256=HEX` an image that is another one is refused with 4.22, and the one before stays. One upload at a
/// time: others get 5.03.
public struct FirmwareImage<D: Digest>: Resource {
  public var path: StaticString { "firmware" }
  public var attributes: LinkAttributes {
    LinkAttributes(
      resourceType: "firmware", title: "takes an image by PUT", contentFormats: "42")
  }
  public let largestStreamedBody: UInt32
  private let store: FirmwareStore<D>

  /// - Parameter largestByteCount: how large an image may be.
  public init(_ store: FirmwareStore<D>, largestByteCount: UInt32) {
    self.store = store
    largestStreamedBody = largestByteCount
  }

  public var exists: Bool { store.update.image != nil }

  public mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    let part = request.part
    if part?.isFirst ?? true {
      guard store.update.upload == nil else {
        throw .serviceUnavailable("another image is being sent", retryAfterSeconds: 5)
      }
      try request.requireContentFormat(.octetStream)
      guard request.payload.count > 0 else { throw .badRequest("an image has bytes") }
      _ = try request.expectedDigest()
      store.update.begin(part)
    } else if let part, store.update.upload?.transfer != part.transfer {
      throw .serviceUnavailable("another image is being sent", retryAfterSeconds: 5)
    }
    store.update.add(request.payload)
    guard part?.isLast ?? true else { return }
    let isFirstImage = !exists
    guard store.update.finish(expecting: try request.expectedDigest()) else {
      throw Refusal(.unprocessableEntity, "the image has another SHA-256")
    }
    if isFirstImage { response.created() } else { response.changed() }
  }

  public mutating func abandon(_ body: BodyTransfer) {
    if store.update.upload?.transfer == body { store.update.cancel() }
  }
}

/// Says in lines of text whether an image is being sent, and the size and SHA-256 of the last one that came whole.
public struct FirmwareStatus<D: Digest>: Resource {
  public var path: StaticString { "firmware/status" }
  public var attributes: LinkAttributes {
    LinkAttributes(
      resourceType: "firmware.status", contentFormats: "0", isObservable: true)
  }
  private let store: FirmwareStore<D>

  /// - Parameter store: the same as the image's.
  public init(_ store: FirmwareStore<D>) {
    self.store = store
  }

  public mutating func revision(at now: Instant) -> UInt32 { store.update.revision }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .textPlain)
    let image = store.update.image
    if let upload = store.update.upload {
      response.append("receiving ")
      response.append(decimal: upload.byteCount)
      if let announced = upload.announcedByteCount {
        response.append(" of ")
        response.append(decimal: announced)
      }
    } else {
      response.append(image == nil ? "none" : "complete")
    }
    response.append("\n")
    guard let image else { return }
    response.append("size ")
    response.append(decimal: image.byteCount)
    response.append("\nsha256 ")
    response.append(hex: image.digest.span)
    response.append("\n")
  }
}
