internal import CPluginCheck
internal import Glibc

/// What a plugin shares with the gateway, and has to leave alone.
struct ProcessState {
  var threads: Int
  var descriptors: Int
  var signals: UInt64
  var mask: mode_t
  var folder: String
  var locale: String
  var environment: [String]
  var rounding: Int32
  var hasChildren: Bool
  /// Device and inode of the descriptors 0 to 2.
  var standard: [[UInt64]]

  static func now() -> ProcessState {
    let mask = umask(0o077)
    umask(mask)
    let folder = getcwd(nil, 0)
    defer { free(folder) }
    return ProcessState(
      threads: entries("/proc/self/task"), descriptors: entries("/proc/self/fd"), signals: smg_signal_state(), mask: mask,
      folder: folder.map { String(cString: $0) } ?? "", locale: setlocale(LC_ALL, nil).map { String(cString: $0) } ?? "",
      environment: variables(), rounding: fegetround(), hasChildren: smg_has_children() == 1,
      standard: (0..<3).map { identity($0) })
  }

  /// What a change between two moments is called, for each.
  func changes(since before: ProcessState) -> [String] {
    var changes: [String] = []
    if signals != before.signals { changes.append("signal handlers or the signal mask of the host's thread") }
    if mask != before.mask { changes.append("the file mode mask") }
    if folder != before.folder { changes.append("the working directory") }
    if locale != before.locale { changes.append("the locale") }
    if environment != before.environment { changes.append("environment variables") }
    if rounding != before.rounding { changes.append("the rounding mode") }
    if standard != before.standard { changes.append("what the descriptors 0 to 2 lead to") }
    return changes
  }

  private static func entries(_ path: String) -> Int {
    guard let folder = opendir(path) else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
  }

  private static func variables() -> [String] {
    var variables: [String] = []
    var place = environ
    while let variable = place.pointee {
      variables.append(String(cString: variable))
      place += 1
    }
    return variables
  }

  private static func identity(_ descriptor: Int32) -> [UInt64] {
    var info = stat()
    return fstat(descriptor, &info) == 0 ? [UInt64(info.st_dev), UInt64(info.st_ino)] : []
  }
}
