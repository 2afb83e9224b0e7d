internal import CLinux
internal import Glibc

/// A library as it lies in its folder, open for reading: a regular file that only root and this process's user can change. What is checked is what the
/// descriptor shows, so that nothing can be exchanged between look and use.
struct LibraryFile: ~Copyable {
  let descriptor: Int32
  let size: Int

  deinit { close(descriptor) }

  /// Opens `name` in a folder that was opened and checked.
  static func open(_ name: String, in folder: borrowing Folder) throws(PluginRefusal) -> LibraryFile {
    let path = folder.path + "/" + name
    let descriptor = smg_open_file(folder.descriptor, name)
    guard descriptor >= 0 else { throw openFailed(path, errno) }
    var info = stat()
    guard fstat(descriptor, &info) == 0 else {
      let code = errno
      close(descriptor)
      throw openFailed(path, code)
    }
    let file = LibraryFile(descriptor: descriptor, size: Int(info.st_size))
    guard info.st_mode & S_IFMT == S_IFREG else {
      throw PluginRefusal(path: path, rule: .notRegularFile, reason: "not a regular file", fix: "put the library itself there")
    }
    if let problem = Ownership.problem(info) { throw problem.refusal(path, parent: nil) }
    guard file.size > 0, file.size <= Limits.Plugin.maxLibraryBytes else {
      throw PluginRefusal(
        path: path, rule: .size, reason: "\(file.size) bytes, allowed are 1 to \(Limits.Plugin.maxLibraryBytes)", fix: "check the file")
    }
    return file
  }

  /// Opens a library wherever it lies, whoever can change it: for looking at, not for loading into the gateway.
  static func open(anywhere path: String) throws(PluginRefusal) -> LibraryFile {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw openFailed(path, errno) }
    var info = stat()
    let isKnown = fstat(descriptor, &info) == 0
    let file = LibraryFile(descriptor: descriptor, size: Int(info.st_size))
    guard isKnown, info.st_mode & S_IFMT == S_IFREG else {
      throw PluginRefusal(path: path, rule: .notRegularFile, reason: "not a regular file", fix: "name the library itself")
    }
    guard file.size > 0, file.size <= Limits.Plugin.maxLibraryBytes else {
      throw PluginRefusal(
        path: path, rule: .size, reason: "\(file.size) bytes, allowed are 1 to \(Limits.Plugin.maxLibraryBytes)", fix: "check the file")
    }
    return file
  }

  private init(descriptor: Int32, size: Int) {
    self.descriptor = descriptor
    self.size = size
  }

  private static func openFailed(_ path: String, _ code: Int32) -> PluginRefusal {
    let reason = String(cString: strerror(code))
    return switch code {
    case ELOOP: PluginRefusal(path: path, rule: .symbolicLink, reason: "a symbolic link", fix: "put the library itself there")
    case ENOENT, ENOTDIR: PluginRefusal(path: path, rule: .unreadable, reason: reason, fix: "check the path")
    default: PluginRefusal(path: path, rule: .unreadable, reason: reason, fix: "make it readable for the gateway's user")
    }
  }
}
