import DeviceCore

/// What is known of the image that a device was sent last, and of the one that is being sent: what
/// ``FirmwareImage`` and ``FirmwareStatus`` share.
public struct FirmwareUpdate<D: Digest> {
  /// The last image that came whole, and was the one that was meant.
  public private(set) var image: Image?
  /// How many images came so far.
  public private(set) var imageCount: UInt32 = 0
  /// The image that is on its way.
  public private(set) var upload: Upload?
  /// Counts the changes.
  public private(set) var revision: UInt32 = 0

  /// An image that was taken.
  public struct Image {
    /// In bytes.
    public let byteCount: UInt32
    /// Its SHA-256.
    public let digest: InlineArray<32, UInt8>
  }

  /// An image of which a part was taken.
  public struct Upload {
    /// Nil when it comes in one message.
    let transfer: BodyTransfer?
    /// How many bytes came so far.
    public fileprivate(set) var byteCount: UInt32 = 0
    /// How many bytes it has, if the client says so; that need not be true.
    public let announcedByteCount: UInt32?
  }

  /// Of the upload.
  private var digest = D()

  /// No image yet.
  public init() {}

  mutating func begin(_ part: BodyPart?) {
    upload = Upload(transfer: part?.transfer, announcedByteCount: part?.announcedByteCount)
    digest = D()
    revision &+= 1
  }

  mutating func add(_ bytes: Span<UInt8>) {
    digest.add(bytes)
    upload?.byteCount += UInt32(truncatingIfNeeded: bytes.count)
    revision &+= 1
  }

  /// Ends the upload.
  ///
  /// - Returns: false when the image is not the one that was meant: then the one before stays.
  @inline(never)
  mutating func finish(expecting expected: InlineArray<32, UInt8>?) -> Bool {
    guard let byteCount = upload?.byteCount else { return false }
    cancel()
    let digest = digest.finish()
    if let expected, !expected.span.isEqual(to: digest.span) { return false }
    imageCount &+= 1
    image = Image(byteCount: byteCount, digest: digest)
    return true
  }

  mutating func cancel() {
    upload = nil
    revision &+= 1
  }
}

/// A ``FirmwareUpdate`` in memory that belongs to the caller and stays where it is.
@safe
public struct FirmwareStore<D: Digest> {
  private let memory: UnsafeMutablePointer<FirmwareUpdate<D>>

  /// - Precondition: the memory is initialised, outlives this value and does not move.
  @unsafe
  public init(_ memory: UnsafeMutablePointer<FirmwareUpdate<D>>) {
    unsafe self.memory = memory
  }

  /// What is known.
  public var update: FirmwareUpdate<D> {
    _read { yield unsafe memory.pointee }
    nonmutating _modify { yield unsafe &memory.pointee }
  }
}
