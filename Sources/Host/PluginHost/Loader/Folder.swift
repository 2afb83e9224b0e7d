internal import CLinux
internal import Glibc

/// A folder whose every component, from the root on, only root and this process's user can change.
struct Folder: ~Copyable {
  /// Absolute, without symbolic links.
  let path: String
  /// For opening what is in it.
  let descriptor: Int32

  deinit { close(descriptor) }

  private init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  /// Opens a folder as the operator names it: symbolic links in the name are resolved first, then each component of the result is opened without
  /// following any, and checked.
  static func open(_ name: String) throws(PluginRefusal) -> Folder {
    guard let resolved = realpath(name, nil) else {
      let reason = String(cString: strerror(errno))
      throw PluginRefusal(path: name, rule: .searchPath, reason: reason, fix: "create the folder or take it off the search path")
    }
    defer { free(resolved) }
    let path = String(cString: resolved)
    var descriptor = smg_open_folder(AT_FDCWD, "/")
    try check(descriptor, "/", on: path)
    var walked = ""
    for component in path.split(separator: "/") {
      walked += "/" + component
      let next = smg_open_folder(descriptor, String(component))
      close(descriptor)
      descriptor = next
      try check(descriptor, walked, on: path)
    }
    return Folder(path: path, descriptor: descriptor)
  }

  /// Closes the descriptor when it throws.
  private static func check(_ descriptor: Int32, _ walked: String, on path: String) throws(PluginRefusal) {
    var info = stat()
    guard descriptor >= 0, fstat(descriptor, &info) == 0 else {
      let code = errno
      if descriptor >= 0 { close(descriptor) }
      throw PluginRefusal(
        path: path, rule: .searchPath, reason: "\(walked): \(String(cString: strerror(code)))",
        fix: code == ENOENT ? "make the folder, or take it out of plugins.path" : "make it readable for the gateway's user")
    }
    guard let problem = Ownership.problem(info, isFolder: true) else { return }
    close(descriptor)
    throw problem.refusal(path, parent: walked == path ? nil : walked)
  }

  /// Names like `lib*.so`, sorted.
  func libraries() throws(PluginRefusal) -> [String] {
    let listing = smg_list_folder(descriptor)
    guard let stream = listing else {
      let reason = String(cString: strerror(errno))
      throw PluginRefusal(path: path, rule: .searchPath, reason: reason, fix: "make it readable for the gateway's user")
    }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard name.hasPrefix("lib"), name.hasSuffix(".so") else { continue }
      names.append(name)
      guard names.count <= Limits.Plugin.maxFilesPerFolder else {
        throw PluginRefusal(
          path: path, rule: .searchPath, reason: "more than \(Limits.Plugin.maxFilesPerFolder) libraries",
          fix: "use a folder for plugins only")
      }
    }
    return names.sorted()
  }
}
