import Foundation
import NIOCore
import Testing

@testable import Host

/// What the loader takes and what it refuses before any code of a file has run.
@Suite struct LibraryFileTests {
  @Test func `a good library is loaded and listed`() async throws {
    let bench = try await Bench("good")
    try bench.host.load()
    let listing = try #require(bench.host.providers.first)
    #expect(bench.host.refusals.isEmpty)
    #expect(listing.kind == .guardrail && listing.name == "test" && listing.pluginID == "dev.example.test" && listing.version == "1.0.0")
    #expect(listing.vendor == "Tests" && listing.license == "MIT" && listing.flags == .inline && listing.path == bench.path("good"))
    #expect(listing.sha256.count == 64)
    #expect(bench.log.contains("plugins.trust is \"any\""))
    await bench.end()
  }

  @Test func `the hash is that of sha256sum`() async throws {
    let bench = try await Bench("good")
    try bench.host.load()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = [bench.path("good")]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(try text.hasPrefix(#require(bench.host.providers.first).sha256))
    await bench.end()
  }

  @Test(arguments: [0o666, 0o664, 0o646, 0o777]) func `a file that others may write is refused`(mode: Int) async throws {
    let bench = try await Bench("good")
    #expect(chmod(bench.path("good"), mode_t(mode)) == 0)
    let refusal = try bench.refusal()
    #expect(refusal.rule == .mode && refusal.path == bench.path("good") && refusal.fix == "chmod go-w")
    #expect(bench.log.contains("plugin refused"))
    await bench.end()
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away")) func `a file of another user is refused`() async throws {
    let bench = try await Bench("good")
    #expect(chown(bench.path("good"), 12345, 12345) == 0)
    #expect(try bench.refusal().rule == .owner)
    await bench.end()
  }

  @Test func `a symbolic link is refused`() async throws {
    let bench = try await Bench([])
    let target = try await Workshop.library("good")
    #expect(symlink(target.path, bench.path("good")) == 0)
    #expect(try bench.refusal().rule == .symbolicLink)
    await bench.end()
  }

  @Test func `a folder and a pipe named like libraries are refused without waiting`() async throws {
    let bench = try await Bench([])
    #expect(mkdir(bench.path("folder"), 0o755) == 0 && mkfifo(bench.path("pipe"), 0o644) == 0)
    try bench.host.load()
    #expect(bench.host.refusals.map(\.rule) == [.notRegularFile, .notRegularFile])
    await bench.end()
  }

  @Test func `a parent folder that others may write is refused`() async throws {
    let bench = try await Bench([])
    let open = bench.folder.appendingPathComponent("open")
    let inner = open.appendingPathComponent("inner")
    try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: try await Workshop.library("good"), to: inner.appendingPathComponent("libgood.so"))
    #expect(chmod(open.path, 0o777) == 0)
    let host = PluginHost(
      settings: PluginSettings(searchPaths: [inner.path], describerPath: Bench.gateway), directory: bench.keys, egress: Bench.egress,
      log: Log(sink: bench.log, scope: "plugins"), metrics: bench.metrics)
    try host.load()
    let refusal = try #require(host.refusals.first)
    #expect(host.providers.isEmpty && refusal.rule == .parentDirectory && refusal.reason.contains(open.path))
    await host.shutdown(deadline: .now())
    await bench.end()
  }

  @Test func `the folder itself must not be writable for others`() async throws {
    let bench = try await Bench("good")
    #expect(chmod(bench.folder.path, 0o775) == 0)
    #expect(try bench.refusal().rule == .mode)
    #expect(bench.host.providers.isEmpty)
    await bench.end()
  }

  @Test func `a search path that is a link is resolved, a missing one is noted`() async throws {
    let bench = try await Bench("good")
    let link = Workshop.scratch("links").appendingPathComponent("link").path
    #expect(symlink(bench.folder.path, link) == 0)
    let host = PluginHost(
      settings: PluginSettings(searchPaths: ["/nonexistent/plugins", link], describerPath: Bench.gateway), directory: bench.keys,
      egress: Bench.egress,
      log: Log(sink: bench.log, scope: "plugins"), metrics: bench.metrics)
    try host.load()
    #expect(host.providers.map(\.path) == [bench.path("good")])
    #expect(host.refusals.map(\.rule) == [.searchPath])
    await host.shutdown(deadline: .now())
    await bench.end()
  }

  @Test func `what is not an ELF library is refused`() async throws {
    let bench = try await Bench([])
    try Data("#!/bin/sh\necho no\n".utf8).write(to: URL(fileURLWithPath: bench.path("script")))
    try Data().write(to: URL(fileURLWithPath: bench.path("empty")))
    try Data(repeating: 0x7F, count: 4096).write(to: URL(fileURLWithPath: bench.path("noise")))
    try FileManager.default.copyItem(atPath: "/bin/true", toPath: bench.path("program"))
    try bench.host.load()
    #expect(bench.host.refusals.map(\.rule) == [.size, .elf, .elf, .elf])
    await bench.end()
  }

  @Test(arguments: [(18, UInt8(0xB7), PluginRefusal.Rule.machine), (4, 1, .machine), (16, 2, .elf), (5, 2, .machine)])
  func `a library for another machine or of another type is refused`(offset: Int, value: UInt8, rule: PluginRefusal.Rule) async throws {
    let bench = try await Bench([])
    var bytes = try Data(contentsOf: try await Workshop.library("good"))
    bytes[offset] = value
    try bytes.write(to: URL(fileURLWithPath: bench.path("patched")))
    #expect(try bench.refusal().rule == rule)
    await bench.end()
  }

  @Test func `a system library without the entry symbol is refused`() async throws {
    let bench = try await Bench([])
    let libm: String =
      (["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"] as [String]).first { access($0, R_OK) == 0 }
      ?? "/lib/libm.so.6"
    try FileManager.default.copyItem(at: URL(fileURLWithPath: libm).resolvingSymlinksInPath(), to: URL(fileURLWithPath: bench.path("m")))
    #expect(try bench.refusal().rule == .entrySymbol)
    await bench.end()
  }

  @Test func `one refused file does not stop the others`() async throws {
    let bench = try await Bench([("aaa", "wrong_major", []), ("bbb", "good", []), ("ccc", "tables", ["NULL_CHECK"])])
    try bench.host.load()
    #expect(bench.host.providers.map(\.path) == [bench.path("bbb")])
    #expect(bench.host.refusals.map(\.path) == [bench.path("aaa"), bench.path("ccc")])
    await bench.end()
  }

  @Test func `a constructor does not run in a file that is not on the list`() async throws {
    let mark = Workshop.scratch("mark").appendingPathComponent("mark").path
    let strict = try await Bench([("constructor", "constructor", ["MARK=\"\(mark)\""])], trust: .allowlist(["00"]))
    #expect(try strict.refusal().rule == .trust)
    #expect(access(mark, F_OK) != 0)
    await strict.end()
  }

  @Test func `a library comes into this process when a binding wants it there, and not before`() async throws {
    let mark = Workshop.scratch("mark").appendingPathComponent("mark").path
    let bench = try await Bench("constructor", ["MARK=\"\(mark)\""])
    try bench.host.load()
    #expect(bench.host.refusals.isEmpty && bench.host.providers.count == 1)
    let sha256 = try #require(bench.host.providers.first?.sha256)
    // Its constructor has run, in a process that can write nowhere.
    #expect(access(mark, F_OK) != 0 && bench.host.loaded(sha256) == nil)
    let isolated = try await bench.guardrail(mode: .automatic)
    #expect(await isolated.ask("fine").value?.action == .allow)
    #expect(access(mark, F_OK) != 0 && bench.host.loaded(sha256) == nil)
    #expect(bench.host.instances.map(\.mode) == ["isolated"])
    let chosen = try await bench.guardrail(mode: .inProcess)
    #expect(await chosen.ask("fine").value?.action == .allow)
    #expect(access(mark, F_OK) == 0 && bench.host.loaded(sha256) != nil)
    await bench.end()
  }

  @Test func `what was built with the gateway runs in its process, and isolated when somebody says so`() async throws {
    let good = [UInt8](try Data(contentsOf: try await Workshop.library("good")))
    let bench = try await Bench("good") { $0.trustedInlineHashes = [good.withUnsafeBytes { SealedImage.sha256($0) }] }
    let (own, apart) = (try await bench.guardrail(mode: .automatic), try await bench.guardrail(mode: .isolated(SandboxRules())))
    #expect(bench.host.instances.map(\.mode) == ["in_process", "isolated"])
    for instance in [own, apart] { #expect(await instance.ask("fine").value?.action == .allow) }
    await bench.end()
  }

  @Test func `the same bytes under two names are one library`() async throws {
    let bench = try await Bench([("one", "good", []), ("two", "good", [])])
    try bench.host.load()
    #expect(bench.host.providers.map(\.path) == [bench.path("one")] && bench.host.refusals.isEmpty)
    try bench.host.load()
    #expect(bench.host.providers.count == 1)
    await bench.end()
  }

  @Test(arguments: [false, true]) func `overwriting the file does not touch what is loaded`(avoidMemfd: Bool) async throws {
    let bench = try await Bench("good") { $0.avoidMemfd = avoidMemfd }
    let instance = try await bench.guardrail()
    let size = try Data(contentsOf: URL(fileURLWithPath: bench.path("good"))).count
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: bench.path("good")))
    try handle.write(contentsOf: Data(repeating: 0xCC, count: size))
    try handle.truncate(atOffset: 10)
    try handle.close()
    #expect(await instance.ask("forbidden").value?.action == .block)
    await bench.end()
  }

  @Test func `a library beside the plugin is not a dependency it may have`() async throws {
    let bench = try await Bench([])
    let side = Workshop.scratch("side")
    try await cc(
      ["-shared", "-fPIC", "-Wl,-soname,libsidecar.so.1", "-o", side.path + "/libsidecar.so", "-x", "c", "-"],
      input: "int side(void) { return 1; }")
    try await link("sibling", to: side, in: bench, "-Wl,-rpath,$ORIGIN")
    try await link("relative", to: side, in: bench, "-Wl,-rpath,lib")
    try bench.host.load()
    #expect(bench.host.refusals.map(\.rule) == [.dependency, .dependency])
    #expect(bench.host.refusals.last?.reason.contains("libsidecar.so.1") == true)
    await bench.end()
  }

  @Test func `an executable stack and text relocations are refused`() async throws {
    let bench = try await Bench([])
    try await link("stack", to: nil, in: bench, "-Wl,-z,execstack")
    #expect(try bench.refusal().rule == .executableStack)
    await bench.end()
  }

  private func link(_ file: String, to side: URL?, in bench: Bench, _ option: String) async throws {
    let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let headers = sources.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources/PluginABI/include").path
    let libraries = side.map { ["-Wl,--no-as-needed", "-L" + $0.path, "-lsidecar"] } ?? []
    try await cc(
      ["-shared", "-fPIC", "-Wno-unused-function", "-I", headers, "-o", bench.path(file), sources.path + "/BadPlugins/good.c", option]
        + libraries, input: "")
  }

  private func cc(_ arguments: [String], input: String) async throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["cc"] + arguments
    let stdin = Pipe()
    process.standardInput = stdin
    try process.run()
    stdin.fileHandleForWriting.write(Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }
}
