internal import CLinux
internal import Glibc

/// The bytes of one message: a copy of its own, or shared memory that its sender has sealed and cannot change any more.
final class FramePayload: @unchecked Sendable {
  // Immutable once it is whole, which is before anybody else sees it; given back in `deinit`.
  private let start: UnsafeMutableRawPointer?
  private let count: Int
  private let isMapped: Bool

  /// Of this many bytes, which come by `fill`.
  init(room: Int) {
    count = room
    isMapped = false
    start = room > 0 ? .allocate(byteCount: room, alignment: 16) : nil
  }

  convenience init(copying bytes: UnsafeRawBufferPointer) {
    self.init(room: bytes.count)
    fill(at: 0, bytes)
  }

  /// Before the message is whole. The room is there.
  func fill(at offset: Int, _ bytes: UnsafeRawBufferPointer) {
    guard let start, let source = bytes.baseAddress else { return }
    precondition(offset >= 0 && bytes.count <= count - offset)
    (start + offset).copyMemory(from: source, byteCount: bytes.count)
  }

  /// Maps what a message has attached.
  /// - Parameter descriptor: stays the caller's.
  init(mapping descriptor: Int32, bytes: Int) throws(WireError) {
    guard smg_memfd_is_sealed(descriptor) == 1 else { throw WireError("shared memory that can still be changed") }
    var info = stat()
    guard bytes > 0, fstat(descriptor, &info) == 0, Int(info.st_size) == bytes else {
      throw WireError("shared memory of another size than announced")
    }
    guard let mapped = mmap(nil, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
      throw WireError("shared memory cannot be mapped: \(String(cString: strerror(errno)))")
    }
    start = mapped
    count = bytes
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
