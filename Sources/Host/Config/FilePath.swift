internal import Glibc

/// Paths as configuration files write them.
package enum FilePath {
  /// `path` as an absolute one: `~/` is the home directory, a relative path starts at `directory`.
  package static func resolve(_ path: String, against directory: String) -> String {
    if path.hasPrefix("/") { return path }
    if path == "~" { return homeDirectory }
    if path.hasPrefix("~/") { return homeDirectory + path.dropFirst() }
    return directory + (directory.hasSuffix("/") ? "" : "/") + path
  }

  /// The directory that holds `path`; "." for a bare name.
  package static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last part of `path`.
  package static func name(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// `path` with every symbolic link followed; as it is when it leads nowhere.
  package static func resolvingLinks(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// HOME, or the entry of the password database. "/" when there is neither.
  package static var homeDirectory: String {
    if let home = getenv("HOME"), home.pointee != 0 { return String(cString: home) }
    if let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir { return String(cString: home) }
    return "/"
  }

  /// The working directory; "/" when it was removed.
  package static var currentDirectory: String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }
}
