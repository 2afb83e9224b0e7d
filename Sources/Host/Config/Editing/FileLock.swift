internal import Glibc
package import NIOCore

/// The right to change a file, held by one process at a time: an advisory lock (flock(2)) on a hidden file beside it, which stays. The kernel gives it
/// back when its holder ends, however it ends.
package struct FileLock: ~Copyable {
  private let descriptor: Int32

  private init(descriptor: Int32) { self.descriptor = descriptor }

  /// Waits for the lock of `path` until the deadline.
  package static func take(of path: String, deadline: NIODeadline = .now() + Limits.Config.lockTimeout) throws(GatewayError) -> FileLock {
    let lockPath = self.path(for: path)
    let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw GatewayError(.configurationInvalid, "The lock \(lockPath) cannot be opened: \(String(cString: strerror(errno))).")
    }
    FileOwner.adopt(descriptor, from: path)
    do throws(GatewayError) { try wait(for: descriptor, of: path, lockPath: lockPath, deadline: deadline) } catch {
      close(descriptor)
      throw error
    }
    return FileLock(descriptor: descriptor)
  }

  private static func wait(for descriptor: Int32, of path: String, lockPath: String, deadline: NIODeadline) throws(GatewayError) {
    var pauseMicroseconds: UInt32 = 1000
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EWOULDBLOCK || errno == EINTR else {
        throw GatewayError(.configurationInvalid, "The lock \(lockPath) cannot be taken: \(String(cString: strerror(errno))).")
      }
      guard .now() < deadline else { throw busy(path, lockPath) }
      usleep(UInt32.random(in: pauseMicroseconds / 2...pauseMicroseconds))
      pauseMicroseconds = min(pauseMicroseconds * 2, 50_000)
    }
  }

  deinit { close(descriptor) }

  package static func path(for path: String) -> String { "\(FilePath.directory(of: path))/.\(FilePath.name(of: path)).lock" }

  private static func busy(_ path: String, _ lockPath: String) -> GatewayError {
    GatewayError(
      .unavailable, "\(path) is being changed by somebody else; nothing was changed.",
      suggestions: ["Try again. `fuser \(lockPath)` says which process holds the lock."])
  }
}

/// Files made beside another belong to its owner, so that what root changes can still be read by the gateway's own user.
enum FileOwner {
  /// Gives the open file to the owner of `path`, where that is allowed and called for; false when it is called for and not allowed.
  @discardableResult
  static func adopt(_ descriptor: Int32, from path: String) -> Bool {
    var wanted = stat()
    var present = stat()
    guard stat(path, &wanted) == 0, fstat(descriptor, &present) == 0 else { return true }
    if wanted.st_uid == present.st_uid { return true }
    return fchown(descriptor, wanted.st_uid, wanted.st_gid) == 0
  }
}
