internal import Glibc

/// Who may change a file or folder: only root and this process's user.
enum Ownership {
  struct Problem {
    var rule: PluginRefusal.Rule
    var reason: String
    var fix: String

    /// - Parameter parent: the folder on the way to `path` that has the problem; nil: `path` itself.
    func refusal(_ path: String, parent: String?) -> PluginRefusal {
      guard let parent else { return PluginRefusal(path: path, rule: rule, reason: reason, fix: fix) }
      return PluginRefusal(path: path, rule: .parentDirectory, reason: "its parent folder \(parent) is \(reason)", fix: fix)
    }
  }

  static func problem(_ info: stat, isFolder: Bool = false) -> Problem? {
    guard info.st_uid == 0 || info.st_uid == geteuid() else {
      return Problem(rule: .owner, reason: "owned by user \(info.st_uid)", fix: "chown it to root or to the gateway's user")
    }
    guard info.st_mode & (S_IWGRP | S_IWOTH) != 0 else { return nil }
    // In a sticky folder of root's, such as /tmp, others cannot exchange what is not theirs.
    if isFolder, info.st_mode & S_ISVTX != 0, info.st_uid == 0 { return nil }
    return Problem(rule: .mode, reason: "writable for its group or for others", fix: "chmod go-w")
  }
}
