internal import Glibc

/// Writes a new project into a folder that is new, or empty.
enum ProjectWriter {
  /// - Throws: `configurationInvalid` when something is there already, or cannot be written.
  static func write(_ files: [PluginProject.File], to folder: String) throws(GatewayError) {
    try makeFolder(folder)
    try expectEmpty(folder)
    for file in files {
      var path = folder
      for part in file.path.split(separator: "/").dropLast() {
        path += "/" + part
        try makeFolder(path)
      }
      try write(file, in: folder)
    }
  }

  /// Looks whether the files could be written, and writes none.
  static func rehearse(in folder: String) throws(GatewayError) {
    guard access(folder, F_OK) != 0 else { return try expectEmpty(folder) }
    guard errno == ENOENT else { throw failed(folder, "cannot be made") }
  }

  private static func expectEmpty(_ folder: String) throws(GatewayError) {
    guard try !isEmpty(folder) else { return }
    throw GatewayError(
      .configurationInvalid, "\(folder) is not empty; nothing was written.", suggestions: ["Name another with --directory."])
  }

  private static func makeFolder(_ path: String) throws(GatewayError) {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failed(path, "cannot be made") }
  }

  private static func isEmpty(_ folder: String) throws(GatewayError) -> Bool {
    guard let listing = opendir(folder) else { throw failed(folder, "cannot be read") }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { return false }
    }
    return true
  }

  private static func write(_ file: PluginProject.File, in folder: String) throws(GatewayError) {
    let path = folder + "/" + file.path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw failed(path, "cannot be written") }
    defer { close(descriptor) }
    guard HandedFile.write(Array(file.text.utf8), to: descriptor) else { throw failed(path, "cannot be written") }
  }

  private static func failed(_ path: String, _ what: String) -> GatewayError {
    GatewayError(.configurationInvalid, "\(path) \(what): \(String(cString: strerror(errno))).")
  }
}
