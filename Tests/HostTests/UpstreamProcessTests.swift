import Foundation
import Glibc
import JSON
import NIOCore
import Testing

@testable import Host

/// What a child is given, and what remains of it.
@Suite struct UpstreamProcessTests {
  @Test func `a child gets the minimal environment and what its entry names, nothing else`() async throws {
    setenv("GATEWAY_SECRET_FOR_TEST", "not for children", 1)
    try await UpstreamFixture.run { fixture in
      let server = fixture.server(environment: ["TOKEN": "its own", "LANG": "tlh", "LD_PRELOAD": "", "EMPTY": ""])
      let environment = try await fixture.call(fixture.target(server), "environment")
      let object = try #require(environment.objectValue)
      // Python adds LC_CTYPE by itself when the locale is not known.
      let names = Set(object.keys).subtracting(["LC_CTYPE"])
      #expect(names.isSubset(of: Set(BaseEnvironment.names + ["TOKEN", "LD_PRELOAD", "EMPTY"])))
      #expect(object["TOKEN"] == "its own")
      #expect(object["LANG"] == "tlh")
      #expect(object["EMPTY"] == "")
      #expect(object["PATH"]?.stringValue == String(cString: getenv("PATH")))
    }
  }

  @Test func `a child has its three streams and no descriptor of the gateway or of other children`() async throws {
    try await UpstreamFixture.run { fixture in
      let server = fixture.server()
      // A descriptor that somebody forgot to mark as closed on exec.
      let forgotten = open("/dev/null", O_RDONLY)
      defer { close(forgotten) }
      for user in ["a", "b", "c"] {
        let answer = try await fixture.call(fixture.target(server, principal: user), "descriptors")
        let descriptors = try #require(answer.objectValue)
        #expect(Set(descriptors.keys) == ["0", "1", "2"])
        for link in descriptors { #expect(link.value.stringValue?.hasPrefix("pipe:") == true) }
      }
    }
  }

  @Test func `a child that is started twenty times leaves no descriptor in the gateway`() async throws {
    try await UpstreamFixture.run { fixture in
      /// Pipes and sockets of this process by their inode, which is not used again as long as somebody has it open.
      func pipes() throws -> Set<String> {
        let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { name in
          try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
        }
        return Set(links.filter { $0.hasPrefix("pipe:") || $0.hasPrefix("socket:") })
      }
      // Made before counting, as Foundation keeps two sockets for life once it has run a process.
      let server = fixture.server(arguments: ["die_at_start"])
      let before = try pipes()
      for round in 0..<20 {
        await #expect(throws: UpstreamError.self) { try await fixture.call(fixture.target(server, principal: "p\(round)"), "echo") }
      }
      // Other tests open pipes at the same time, but close them again.
      let suspects = try pipes().subtracting(before)
      try await eventually("descriptors are left", within: .seconds(60)) { try pipes().isDisjoint(with: suspects) }

    }
  }

  @Test func `the working directory and the resource limits hold`() async throws {
    try await UpstreamFixture.run { fixture in
      var server = fixture.server()
      server.resourceLimits = ResourceLimits(addressSpaceBytes: 1 << 32, openFiles: 77, fileBytes: 1 << 20, coreBytes: 0)
      let answer = try await fixture.call(fixture.target(server), "limits")
      let limits = try #require(answer["limits"]?.stringValue)
      let rows = limits.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
      #expect(rows.contains("Max open files 77 77 files"))
      #expect(rows.contains("Max address space 4294967296 4294967296 bytes"))
      #expect(rows.contains("Max file size 1048576 1048576 bytes"))
      #expect(rows.contains("Max core file size 0 0 bytes"))
      #expect(answer["cwd"]?.stringValue.map { ($0 as NSString).lastPathComponent } == (fixture.directory as NSString).lastPathComponent)
    }
  }

  @Test func `standard error is logged, drained and without the child's secrets`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server(environment: ["API_KEY": "canary-secret-7531"]))
      try await fixture.call(target, "stderr", ["lines": ["plain words", "key is canary-secret-7531!", "\u{1B}[31mred"]])
      try await eventually("the lines were not logged") { fixture.log.messages.contains { $0.contains("red") } }
      let messages = fixture.log.messages
      #expect(messages.contains("stderr: plain words"))
      #expect(messages.contains("stderr: key is [masked]!"))
      #expect(messages.contains("stderr: \u{FFFD}[31mred"))
      #expect(!fixture.log.text.contains("canary"))
      // Far more than a pipe holds: the child would stand still if it was not drained.
      try await fixture.call(target, "stderr_flood", ["lines": 100_000])
      try await fixture.expect(target, "echo", ["a": 1], gives: ["a": 1])
      #expect(fixture.log.messages.filter { $0 == "stderr: noise" }.count < 10 * Limits.Upstream.stderrBurstLines)
    }
  }

  @Test func `descendants that left the group and ignore SIGTERM are killed with the child`() async throws {
    try await UpstreamFixture.run { fixture in
      let answer = try await fixture.call(fixture.target(fixture.server()), "spawn")
      let pids = try #require(answer["pids"]?.arrayValue).compactMap { $0.intValue.map(Int32.init) }
      #expect(pids.count == 2 && pids.allSatisfy(processExists))
      let own = fixture.pool.states.flatMap { [$0.pid, $0.supervisorPID] }.compactMap(\.self)
      #expect(own.count == 2)
      await fixture.pool.shutdown(deadline: .now() + .seconds(20))
      for pid in pids + own { #expect(!processExists(pid)) }
    }
  }

  @Test func `descendants of a child that dies are killed too`() async throws {
    try await UpstreamFixture.run { fixture in
      let answer = try await fixture.call(fixture.target(fixture.server()), "spawn_and_die")
      let pids = try #require(answer["pids"]?.arrayValue).compactMap { $0.intValue.map(Int32.init) }
      #expect(pids.count == 2)
      try await eventually("descendants are left") { !pids.contains(where: processExists) }
    }
  }

  @Test func `a child does not outlive its supervisor`() async throws {
    try await UpstreamFixture.run { fixture in
      let target = fixture.target(fixture.server(arguments: ["ignore_term", "stay"]))
      try await fixture.call(target, "echo")
      let state = try #require(fixture.pool.states.first)
      let supervisor = try #require(state.supervisorPID)
      let child = try #require(state.pid)
      let call = Task { try await fixture.call(target, "hang") }
      try await eventually("the call was not sent") { !fixture.notifications.all.isEmpty }
      kill(supervisor, SIGKILL)
      await #expect(throws: UpstreamError.exited("ended")) { try await call.value }
      try await eventually("the child survived") { !isRunning(child) && !processExists(supervisor) }
      try await fixture.expect(target, "echo", ["a": 1], gives: ["a": 1])
    }
  }

  /// A stand-in for the gateway, so that it can be killed: starts a supervisor as the gateway does and prints what there is to watch.
  private static let ownerProgram = """
    import os, socket, subprocess, sys, time
    ours, theirs = socket.socketpair()
    theirs.set_inheritable(True)
    read, write = os.pipe()
    script = "import os,signal,sys,time\\nsignal.signal(15, signal.SIG_IGN)\\n" \\
             "if os.fork() == 0: os.setsid()\\nprint(os.getpid(), flush=True)\\ntime.sleep(600)"
    out_read, out_write = os.pipe()
    pid = os.posix_spawn(sys.argv[1], ["gateway", "__supervise", "--grace-ms", "200", "--", sys.executable, "-c", script],
                         {"~PATH": os.environ["PATH"]},
                         file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 3), (os.POSIX_SPAWN_DUP2, read, 0),
                                       (os.POSIX_SPAWN_DUP2, out_write, 1)])
    theirs.close()
    os.close(out_write)
    text = b""
    while text.count(b"\\n") < 2: text += os.read(out_read, 100)
    print(pid, *text.decode().split(), flush=True)
    time.sleep(600)
    """

  @Test func `when the gateway is killed the whole tree goes`() async throws {
    let owner = Process()
    owner.executableURL = URL(fileURLWithPath: UpstreamFixture.pythonPath)
    owner.arguments = ["-c", Self.ownerProgram, UpstreamFixture.gatewayPath]
    let output = Pipe()
    owner.standardOutput = output
    try owner.run()
    var line = ""
    while !line.hasSuffix("\n") {
      let piece = output.fileHandleForReading.availableData
      try #require(!piece.isEmpty)
      line += String(decoding: piece, as: UTF8.self)
    }
    let pids = line.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    #expect(pids.count == 3)
    #expect(pids.allSatisfy(processExists))
    kill(owner.processIdentifier, SIGKILL)
    try await eventually("something survived the gateway") { !pids.contains(where: isRunning) }
  }

  @Test func `a server cannot be started through the internal command alone`() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: UpstreamFixture.gatewayPath)
    process.arguments = ["__supervise", "--grace-ms", "many", "--", "true"]
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 125)
  }
}

/// False for zombies, which an init process that is slow to reap may leave.
private func isRunning(_ pid: Int32) -> Bool {
  guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let end = stat.lastIndex(of: ")") else {
    return false
  }
  return !stat[end...].dropFirst(2).hasPrefix("Z")
}
