internal import CLinux
internal import Glibc

/// The bytes of one message: a copy of its own, or shared memory that its sender has sealed and cannot change any more.
final class FramePayload: @unchecked Sendable {
  // Immutable after `init`; given back in `deinit`.
  private let start: UnsafeMutableRawPointer?
  private let count: Int
  private let isMapped: Bool

  init(copying bytes: UnsafeRawBufferPointer) {
    count = bytes.count
    isMapped = false
    guard let source = bytes.baseAddress, count > 0 else {
      start = nil
      return
    }
    let target = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    target.copyMemory(from: source, byteCount: count)
    start = target
  }

  /// Maps what a message has attached.
  /// - Parameter descriptor: stays the caller's.
  init(mapping descriptor: Int32, bytes: UInt64) throws(WireError) {
    guard smg_memfd_is_sealed(descriptor) == 1 else { throw WireError("shared memory that can still be changed") }
    var info = stat()
    guard bytes > 0, bytes <= UInt64(Limits.Plugin.maxFrameBytes), fstat(descriptor, &info) == 0, UInt64(clamping: info.st_size) == bytes
    else {
      throw WireError("shared memory of another size than announced")
    }
    let size = Int(bytes)
    guard let mapped = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
      throw WireError("shared memory cannot be mapped: \(String(cString: strerror(errno)))")
    }
    start = mapped
    count = size
    isMapped = true
  }

  deinit {
    guard let start else { return }
    if isMapped { munmap(start, count) } else { start.deallocate() }
  }

  /// Valid for as long as this lives.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  /// Reads it; what is read points into this and into `memory`.
  func reader(_ memory: WireMemory) -> WireReader { WireReader(bytes, memory: memory) }
}
