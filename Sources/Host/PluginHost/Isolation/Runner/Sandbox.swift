internal import CLinux
internal import Glibc

/// Takes from a plugin's process what it does not need. Entered before the library is loaded, while there is one thread; nothing gives it back.
enum Sandbox {
  /// - Parameter image: the library's descriptor.
  /// - Throws: when the system does not do what is asked: a plugin never runs with more rights than its binding says.
  static func enter(_ rules: SandboxRules, image: Int32) throws(PluginTables.Problem) {
    let paths = readable(rules)
    let result = withArray(of: paths) { smg_sandbox($0, paths.count, image, rules.mayUseNetwork ? 1 : 0, rules.memoryBytes) }
    guard let step = result.step.map({ String(cString: $0) }) else { return }
    throw PluginTables.Problem(
      rule: .load, reason: "the process cannot be confined: \(step): \(String(cString: strerror(result.error)))",
      fix: "isolated plugins need a kernel with Landlock (Linux 5.13 or later, enabled at boot) and seccomp")
  }

  /// What a process of this binary reads to run at all, and what the binding allows besides.
  private static func readable(_ rules: SandboxRules) -> [String] {
    var paths = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo", "/etc/localtime"]
    paths += [
      "/dev/null", "/dev/urandom", "/dev/random", "/proc/self", "/sys/devices/system/cpu", "/proc/meminfo", "/proc/cpuinfo",
    ]
    if rules.mayUseNetwork {
      paths += ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/ssl"]
      paths += ["/etc/pki", "/usr/share/ca-certificates", "/run/systemd/resolve"]
    }
    return paths + runtime + rules.readablePaths
  }

  /// Where the Swift runtime lies: plugins in Swift may need more of it than this binary does.
  private static var runtime: [String] {
    guard let name = smg_library_of("swift_retain") else { return [] }
    let (path, file) = (String(cString: name), "/libswiftCore.so")
    return path.hasPrefix("/") && path.hasSuffix(file) ? [String(path.dropLast(file.count))] : []
  }

  private static func withArray<Result>(of texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return copies.map { UnsafePointer($0) }.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
