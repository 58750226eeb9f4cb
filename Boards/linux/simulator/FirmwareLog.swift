import BoardResources
import DeviceCore
import LinuxSupport
import Logging
import PortTLS

/// Writes to the log when an image begins to come, and what became of it.
struct FirmwareLog {
  private let store: FirmwareStore<SHA256>
  private let logger: Logger
  private var known = FirmwareUpdate<SHA256>()

  init(_ store: FirmwareStore<SHA256>, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Looks for what is new.
  mutating func look() {
    let update = store.update
    guard update.revision != known.revision else { return }
    if let upload = update.upload {
      if known.upload == nil {
        let size = upload.announcedByteCount.map { ", \($0) bytes announced" } ?? ""
        logger.info("firmware: an image begins to come\(size)")
      }
      logger.debug("firmware: \(upload.byteCount) bytes came")
    } else if update.imageCount != known.imageCount, let image = update.image {
      logger.info(
        "firmware: \(image.byteCount) bytes, SHA-256 \(LinuxSupport.hexText(image.digest.span))")
    } else if known.upload != nil {
      logger.info("firmware: the image was given up or refused")
    }
    known = update
  }
}
