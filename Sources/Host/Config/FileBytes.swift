import Glibc

/// Reading and replacing whole files, with system errors told in words.
package enum FileBytes {
  /// Why a file could not be read or written.
  package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
    package var path: String
    package var reason: String
    package var code: Int32
    package var description: String { "\(path): \(reason)" }

    package init(path: String, reason: String, code: Int32 = 0) {
      self.path = path
      self.reason = reason
      self.code = code
    }

    /// From `errno`.
    init(path: String, doing verb: String) {
      let code = errno
      self.init(path: path, reason: "cannot \(verb): \(String(cString: strerror(code)))", code: code)
    }
  }

  /// A file's content, and its state before it was read. Only regular files, at most `maxBytes`.
  package static func read(_ path: String, maxBytes: Int) throws(Failure) -> (bytes: [UInt8], state: FileState) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Failure(path: path, doing: "open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Failure(path: path, doing: "inspect") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure(path: path, reason: "is not a regular file") }
    let tooLarge = Failure(path: path, reason: "is larger than \(maxBytes) bytes", code: EFBIG)
    guard status.st_size <= maxBytes else { throw tooLarge }
    var bytes: [UInt8] = []
    while let chunk = try chunk(of: descriptor, path: path, expecting: Int(status.st_size) - bytes.count) {
      bytes += chunk
      guard bytes.count <= maxBytes else { throw tooLarge }
    }
    return (bytes, FileState(status))
  }

  /// The next bytes; nil at the end.
  private static func chunk(of descriptor: Int32, path: String, expecting: Int) throws(Failure) -> [UInt8]? {
    let capacity = max(4096, expecting + 1)
    var count = 0
    let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
      repeat { count = Glibc.read(descriptor, buffer.baseAddress, capacity) } while count < 0 && errno == EINTR
      initialized = max(0, count)
    }
    guard count >= 0 else { throw Failure(path: path, doing: "read") }
    return chunk.isEmpty ? nil : chunk
  }

  /// Puts a file in place whole or not at all: a temporary file in the same directory, synced, renamed, and the directory synced.
  /// Without `replacing`, an existing file stays and is a failure with `EEXIST`. `mode`: the permission bits, like `chmod(2)`.
  package static func write(_ bytes: [UInt8], to path: String, mode: UInt32, replacing: Bool) throws(Failure) {
    let staged = try StagedFile.write(bytes, for: path, mode: mode)
    if replacing { try staged.replace() } else { try staged.create() }
  }

  static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(Failure) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, bytes.count - written) }
      if count < 0 {
        guard errno == EINTR else { throw Failure(path: path, doing: "write") }
      } else {
        written += count
      }
    }
  }

  static func syncDirectory(of path: String) throws(Failure) {
    let directory = FilePath.directory(of: path)
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Failure(path: directory, doing: "open") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw Failure(path: directory, doing: "sync") }
  }

  /// What a directory holds; nothing when it cannot be read.
  static func names(in directory: String) -> [String] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Makes a directory and its parents, this one with mode 0700; an existing directory stays as it is.
  package static func makeDirectory(_ path: String) throws(Failure) {
    guard mkdir(path, 0o700) != 0 else { return }
    if errno == ENOENT, case let parent = FilePath.directory(of: path), parent != path {
      try makeDirectory(parent)
      if mkdir(path, 0o700) == 0 { return }
    }
    guard errno == EEXIST, FileState.isDirectory(path) else { throw Failure(path: path, doing: "make the directory") }
  }
}

/// What tells one version of a file from the next without reading it.
package struct FileState: Sendable, Hashable {
  private var device: UInt64
  private var inode: UInt64
  private var bytes: Int64
  private var modifiedNanoseconds: Int64
  private var changedNanoseconds: Int64
  /// Permission bits.
  package var mode: UInt32

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    bytes = Int64(status.st_size)
    modifiedNanoseconds = Self.nanoseconds(status.st_mtim)
    changedNanoseconds = Self.nanoseconds(status.st_ctim)
    mode = UInt32(status.st_mode & 0o7777)
  }

  /// The state of what `path` leads to, through links; nil when there is nothing, or it may not be seen.
  package init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  var modifiedUnixSeconds: Int64 { modifiedNanoseconds / 1_000_000_000 }

  static func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000).partialValue &+ Int64(time.tv_nsec)
  }

  /// Whether the file was changed so shortly before `nowUnixNanoseconds` that another change could bear the same time: file times advance in steps of the
  /// kernel's tick. Asks for the time of change, which nobody can set.
  func isFresh(nowUnixNanoseconds: UInt64) -> Bool {
    let age = Int64(clamping: nowUnixNanoseconds).subtractingReportingOverflow(changedNanoseconds)
    return !age.overflow && age.partialValue > -Self.tickNanoseconds && age.partialValue < Self.tickNanoseconds
  }

  /// Twice the longest tick in use (10 ms at 100 Hz).
  private static let tickNanoseconds: Int64 = 20_000_000
}
