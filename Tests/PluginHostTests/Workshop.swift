import Foundation
import Synchronization

/// Builds the test libraries of `BadPlugins` with the system's C compiler, each combination once a run.
enum Workshop {
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private static let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let folder = scratch("workshop")
  private static let builds = Mutex<[String: Task<URL, any Error>]>([:])

  /// A private folder under /tmp, removed when the tests end.
  static func scratch(_ name: String) -> URL {
    var template = Array("/tmp/smg-test-\(name)-XXXXXX".utf8CString)
    guard let path = mkdtemp(&template) else { fatalError("mkdtemp: \(errno)") }
    let url = URL(fileURLWithPath: String(cString: path))
    leftovers.withLock { all in
      if all.isEmpty { atexit { Workshop.clean() } }
      all.append(url)
    }
    return url
  }

  private static let leftovers = Mutex<[URL]>([])
  private static func clean() {
    for url in leftovers.withLock({ $0 }) {
      do { try FileManager.default.removeItem(at: url) } catch { print("left behind: \(url.path)") }
    }
  }

  /// The shared library made of `BadPlugins/<source>.c` with these macros.
  static func library(_ source: String, _ defines: [String] = []) async throws -> URL {
    let key = ([source] + defines).joined(separator: " ")
    let build = builds.withLock { builds in
      if let build = builds[key] { return build }
      let number = builds.count
      let build = Task.detached { try compile(source, defines, number: number) }
      builds[key] = build
      return build
    }
    return try await build.value
  }

  private static func compile(_ source: String, _ defines: [String], number: Int) throws -> URL {
    let output = folder.appendingPathComponent("lib\(source)-\(number).so")
    let headers = sources.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources/PluginABI/include")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [
        "cc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-fvisibility=hidden", "-shared", "-fPIC",
        "-pthread",
      ]
      + ["-Wl,-z,noexecstack", "-I", headers.path] + defines.map { "-D" + $0 }
      + ["-o", output.path, sources.appendingPathComponent("BadPlugins/\(source).c").path]
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(description: "cc \(source).c: " + String(decoding: text, as: UTF8.self)) }
    return output
  }
}
