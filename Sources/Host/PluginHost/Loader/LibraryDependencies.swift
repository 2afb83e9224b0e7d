internal import Glibc

/// Which other libraries a plugin may need: those the process has loaded already, those of the system's folders, and those in absolute folders it names
/// itself that nobody else can change. A plugin is loaded from a private copy, so a library beside the original file would not be found.
enum LibraryDependencies {
  private static let systemFolders: [String] = {
    #if arch(x86_64)
      let triplet = "x86_64-linux-gnu"
    #else
      let triplet = "aarch64-linux-gnu"
    #endif
    return [
      "/lib/\(triplet)", "/usr/lib/\(triplet)", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib/\(triplet)", "/usr/local/lib",
    ]
  }()

  /// - Throws: a refusal that names the library that stands in the way.
  static func check(_ library: ELFLibrary, path: String) throws(PluginRefusal) {
    for folder in library.searchFolders where !folder.hasPrefix("/") && !folder.hasPrefix("$ORIGIN") && !folder.hasPrefix("${ORIGIN}") {
      throw PluginRefusal(
        path: path, rule: .dependency, reason: "looks for libraries in \"\(folder)\", relative to whatever folder the gateway runs in",
        fix: "link it without that -rpath")
    }
    for name in library.needed {
      guard !name.contains("/") else {
        throw PluginRefusal(path: path, rule: .dependency, reason: "needs \"\(name)\" by path", fix: "link it against libraries by name")
      }
      if !isLoaded(name) { try checkFile(name, library, path: path) }
    }
  }

  private static func isLoaded(_ name: String) -> Bool {
    guard let handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD) else { return false }
    // Gives back the count that dlopen took; whoever loaded it holds it.
    dlclose(handle)
    return true
  }

  private static func checkFile(_ name: String, _ library: ELFLibrary, path: String) throws(PluginRefusal) {
    // The linker looks into the plugin's own folders first, so each that exists must be safe even when the library is elsewhere.
    for folder in library.searchFolders where folder.hasPrefix("/") && access(folder, F_OK) == 0 {
      let opened = try Folder.open(folder)
      guard access(opened.path + "/" + name, F_OK) == 0 else { continue }
      return
    }
    if systemFolders.contains(where: { access($0 + "/" + name, F_OK) == 0 }) { return }
    throw PluginRefusal(
      path: path, rule: .dependency, reason: "needs \(name), which is neither loaded nor in the system's folders",
      fix: "link that library statically; a library beside the plugin is not found")
  }
}
