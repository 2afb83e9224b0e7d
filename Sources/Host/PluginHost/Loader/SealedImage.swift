internal import CLibcrypto
internal import CLinux
internal import Glibc

/// A private copy of a library whose bytes cannot change any more: what is hashed, examined and loaded is this, never the operator's file. The descriptor
/// stays open until exit: glibc recognises libraries by path, and a reused `/proc/self/fd/N` would give an old library for a new one.
struct SealedImage: Sendable {
  let descriptor: Int32
  let size: Int

  /// What dlopen gets.
  var loadPath: String { "/proc/self/fd/\(descriptor)" }

  /// - Parameters:
  ///   - file: checked and open.
  ///   - path: for refusals.
  ///   - avoidMemfd: use a file in a private folder even where a memfd would do.
  static func copy(_ file: borrowing LibraryFile, path: String, avoidMemfd: Bool) throws(PluginRefusal) -> SealedImage {
    do throws(CopyError) {
      if !avoidMemfd, let image = try memfd(file, name: path) { return image }
      return try privateFile(file)
    } catch {
      throw PluginRefusal(
        path: path, rule: .unreadable, reason: "cannot be copied: \(error.reason)", fix: "check the file and the space in /tmp")
    }
  }

  private struct CopyError: Error {
    var reason: String
    init(_ what: String) { reason = "\(what): \(String(cString: strerror(errno)))" }
    init(plain: String) { reason = plain }
  }

  /// nil when the system bars executable memfds.
  private static func memfd(_ file: borrowing LibraryFile, name: String) throws(CopyError) -> SealedImage? {
    let base = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name[name.utf8.index(after: $0)...] } ?? name[...]
    let descriptor = smg_memfd("smg:" + base.prefix(200))
    guard descriptor >= 0 else { return nil }
    do throws(CopyError) {
      try fill(descriptor, from: file)
      guard smg_memfd_seal(descriptor) == 0, smg_memfd_is_sealed(descriptor) == 1 else { throw CopyError("seal") }
    } catch {
      close(descriptor)
      throw error
    }
    return SealedImage(descriptor: descriptor, size: file.size)
  }

  /// A file that only this user may read and nobody may write, without a name from the start on.
  private static func privateFile(_ file: borrowing LibraryFile) throws(CopyError) -> SealedImage {
    var template = Array("/tmp/secure-mcp-gateway-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw CopyError("mkdtemp") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let path = folder + "/plugin.so"
    defer {
      unlink(path)
      rmdir(folder)
    }
    let writing = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o400)
    guard writing >= 0 else { throw CopyError("open") }
    defer { close(writing) }
    try fill(writing, from: file)
    let reading = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard reading >= 0 else { throw CopyError("open") }
    return SealedImage(descriptor: reading, size: file.size)
  }

  /// Gives up a copy that was never loaded into this process.
  func discard() { close(descriptor) }

  private static func fill(_ target: Int32, from file: borrowing LibraryFile) throws(CopyError) {
    var left = file.size
    while left > 0 {
      let sent = sendfile(target, file.descriptor, nil, left)
      if sent < 0, errno == EINTR { continue }
      guard sent >= 0 else { throw CopyError("copy") }
      guard sent > 0 else { throw CopyError(plain: "the file became shorter") }
      left -= sent
    }
    var extra: UInt8 = 0
    guard read(file.descriptor, &extra, 1) == 0 else { throw CopyError(plain: "the file became longer") }
  }

  /// The bytes, valid inside `body`.
  func withBytes<Result>(path: String, _ body: (UnsafeRawBufferPointer) throws(PluginRefusal) -> Result) throws(PluginRefusal) -> Result {
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw PluginRefusal(
        path: path, rule: .unreadable, reason: "cannot be mapped: \(String(cString: strerror(errno)))", fix: "check the machine's memory")
    }
    defer { munmap(start, size) }
    return try body(UnsafeRawBufferPointer(start: start, count: size))
  }

  /// SHA-256 in lower-case hex.
  static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
    SHA256(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, &digest)
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
