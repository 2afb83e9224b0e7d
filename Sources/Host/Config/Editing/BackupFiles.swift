internal import Glibc

/// Earlier versions of a file: `<name>.bkp.YYYYMMDD_HHMMSS`, beside it, as the original names them (in UTC); further ones of the same second end in `_2`,
/// `_3` and so on.
struct BackupFiles {
  let path: String
  /// After `.bkp.`, before the time: tells kinds of backups apart, which are counted apart.
  let tag: String

  init(of path: String, tag: String = "") {
    self.path = path
    self.tag = tag
  }

  /// Keeps the present version: a second link to it, or a copy where the file system has no links. Returns the backup's path.
  func keep(_ bytes: [UInt8], unixSeconds: Int64 = KeyDirectory.wallClock()) throws(FileBytes.Failure) -> String {
    let stamp = "\(path).bkp.\(tag)\(Self.stamp(unixSeconds))"
    for number in 1...Limits.Config.maxBackupsPerSecond {
      let backup = number == 1 ? stamp : "\(stamp)_\(number)"
      if link(path, backup) == 0 {
        // The present version becomes private too; the next one is anyway.
        chmod(backup, 0o600)
        return backup
      }
      if errno == EEXIST { continue }
      do {
        try StagedFile.write(bytes, for: backup, mode: 0o600, owner: path).create()
        return backup
      } catch  where error.code == EEXIST {
        continue
      }
    }
    throw FileBytes.Failure(path: path, reason: "has too many backups of one second", code: EEXIST)
  }

  /// Takes away the oldest beyond the bound.
  func prune() {
    let directory = FilePath.directory(of: path)
    let prefix = FilePath.name(of: path) + ".bkp." + tag
    let backups = FileBytes.names(in: directory).compactMap { name in
      name.hasPrefix(prefix) ? Self.order(name.dropFirst(prefix.count)).map { (name: name, order: $0) } : nil
    }
    for backup in backups.sorted(by: { $0.order < $1.order }).dropLast(Limits.Config.maxBackups) { unlink("\(directory)/\(backup.name)") }
  }

  /// `YYYYMMDD_HHMMSS`
  private static func stamp(_ unixSeconds: Int64) -> String {
    let text = Timestamp.text(unixSeconds: unixSeconds)
    return text.dropLast().filter { $0 != "-" && $0 != ":" }.replacing("T", with: "_")
  }

  /// Sorts by age; nil when the text is no stamp of ours.
  private static func order(_ text: Substring) -> (Substring, Int)? {
    let parts = text.split(separator: "_", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts[0].count == 8, parts[1].count == 6, parts.allSatisfy({ Int($0) != nil }) else { return nil }
    let number = parts.count == 3 ? Int(parts[2]) : 1
    return number.map { (text.prefix(15), $0) }
  }
}
