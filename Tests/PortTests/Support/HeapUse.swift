import Glibc

/// How many bytes of this process's heap are in use, as far as the C library knows.
///
/// `mallinfo2` would say it in one call, but no module of Swift's has it.
func heapByteCount() -> Int? {
  typealias MallocInfo = @convention(c) (Int32, UnsafeMutablePointer<FILE>) -> Int32
  guard let address = unsafe dlsym(nil, "malloc_info") else { return nil }
  let mallocInfo = unsafe unsafeBitCast(address, to: MallocInfo.self)
  var text: UnsafeMutablePointer<CChar>?
  var count = 0
  guard let stream = unsafe open_memstream(&text, &count) else { return nil }
  let result = unsafe mallocInfo(0, stream)
  unsafe fclose(stream)
  defer { unsafe free(text) }
  guard result == 0, let text = unsafe text else { return nil }
  // The totals stand behind those of each arena.
  let totals = unsafe String(cString: text).split(separator: "</heap>").last ?? ""
  func size(_ name: String) -> Int? {
    guard let line = totals.split(separator: "\n").first(where: { $0.contains("\"\(name)\"") }),
      let value = line.split(separator: "size=\"").last
    else { return nil }
    return Int(value.prefix { $0.isNumber })
  }
  guard let system = size("current"), let fast = size("fast"), let rest = size("rest"),
    let mapped = size("mmap")
  else { return nil }
  return system - fast - rest + mapped
}
