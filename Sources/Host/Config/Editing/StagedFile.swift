internal import Glibc

/// The new content of a file, on disk beside it and not yet in its place.
struct StagedFile: ~Copyable {
  private let temporary: String
  let path: String

  private init(temporary: String, path: String) {
    self.temporary = temporary
    self.path = path
  }

  /// Writes and syncs a temporary file in the same directory. With `owner`, it belongs to that file's owner.
  static func write(_ bytes: [UInt8], for path: String, mode: UInt32, owner: String? = nil) throws(FileBytes.Failure) -> StagedFile {
    let temporary = "\(path).tmp.\(getpid()).\(UInt32.random(in: 0 ... .max))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    guard descriptor >= 0 else { throw FileBytes.Failure(path: path, doing: "create a file beside") }
    defer { close(descriptor) }
    do throws(FileBytes.Failure) {
      try fill(descriptor, bytes, path: path, mode: mode, owner: owner)
    } catch {
      unlink(temporary)
      throw error
    }
    return StagedFile(temporary: temporary, path: path)
  }

  private static func fill(_ descriptor: Int32, _ bytes: [UInt8], path: String, mode: UInt32, owner: String?) throws(FileBytes.Failure) {
    guard fchmod(descriptor, mode) == 0 else { throw FileBytes.Failure(path: path, doing: "set the mode of") }
    if let owner, !FileOwner.adopt(descriptor, from: owner) {
      throw FileBytes.Failure(path: path, reason: "belongs to another user: run the command as that user", code: EPERM)
    }
    try FileBytes.writeAll(bytes, to: descriptor, path: path)
    guard fsync(descriptor) == 0 else { throw FileBytes.Failure(path: path, doing: "sync") }
  }

  /// What was not put in place is taken away; after `replace` there is nothing of this name any more.
  deinit { unlink(temporary) }

  /// Takes the place of what is there, at one stroke.
  func replace() throws(FileBytes.Failure) {
    guard rename(temporary, path) == 0 else { throw FileBytes.Failure(path: path, doing: "write") }
    try FileBytes.syncDirectory(of: path)
  }

  /// Takes its place where nothing is; else a failure with `EEXIST`.
  func create() throws(FileBytes.Failure) {
    guard link(temporary, path) == 0 else { throw FileBytes.Failure(path: path, doing: "write") }
    try FileBytes.syncDirectory(of: path)
  }

  /// Takes away what writers that were killed left beside `path`. Only for the holder of its lock.
  static func removeLeftovers(of path: String) {
    let prefix = FilePath.name(of: path) + ".tmp."
    let directory = FilePath.directory(of: path)
    for name in FileBytes.names(in: directory) where name.hasPrefix(prefix) { unlink("\(directory)/\(name)") }
  }
}
