internal import CLinux
internal import Glibc

/// The files on a search path as the kernel describes them. Two states are equal when no file was added, removed, replaced or written in between.
package struct SearchPathState: Sendable, Hashable {
  fileprivate struct File: Hashable {
    var path: String
    var device: UInt
    var inode: UInt
    var bytes: Int
    var modifiedSeconds: Int
    var modifiedNanoseconds: Int
    var changedSeconds: Int
    var changedNanoseconds: Int
  }

  fileprivate var files: [File] = []
  /// What is trusted decides as much as the files do about what is found.
  private let rules: [LibraryTrust]

  init(_ folders: [String], rules: [LibraryTrust] = []) {
    self.rules = rules
    for path in folders {
      do throws(PluginRefusal) {
        let folder = try Folder.open(path)
        for name in try folder.libraries().flatMap({ [$0, $0 + PluginSignature.suffix] }) {
          var info = stat()
          guard fstatat(folder.descriptor, name, &info, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
          files.append(File(path: folder.path + "/" + name, info))
        }
      } catch {
        // The search itself says what is wrong with it.
        continue
      }
    }
  }
}

extension SearchPathState.File {
  fileprivate init(path: String, _ info: stat) {
    self.path = path
    device = UInt(info.st_dev)
    inode = UInt(info.st_ino)
    bytes = Int(info.st_size)
    modifiedSeconds = info.st_mtim.tv_sec
    modifiedNanoseconds = info.st_mtim.tv_nsec
    changedSeconds = info.st_ctim.tv_sec
    changedNanoseconds = info.st_ctim.tv_nsec
  }
}
