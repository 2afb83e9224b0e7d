internal import NIOCore

/// All that is needed to start one child under its supervisor.
struct ChildCommand: Sendable {
  var command: String
  var arguments: [String]
  /// Everything the child gets, nothing is added.
  var environment: [String: String]
  var workingDirectory: String?
  var limits: ResourceLimits
  /// Between SIGTERM and SIGKILL.
  var terminationGrace: TimeAmount

  init(_ server: UpstreamServer, setup: UpstreamSetup) {
    command = server.command
    arguments = server.arguments
    environment = setup.baseEnvironment.adding(server.environment)
    workingDirectory = server.workingDirectory
    limits = server.resourceLimits
    terminationGrace = setup.terminationGrace
  }

  /// The supervisor accepts no more.
  private static let maxGraceMilliseconds: Int64 = 3_600_000

  /// The supervisor's argument vector, as `Sources/CSupervisor/include/smg_supervisor.h` describes it.
  var supervisorArguments: [String] {
    let graceMilliseconds = min(max(0, terminationGrace.nanoseconds / 1_000_000), Self.maxGraceMilliseconds)
    var words = ["secure-mcp-gateway", "__supervise", "--grace-ms", String(graceMilliseconds)]
    if let workingDirectory { words += ["--cwd", workingDirectory] }
    let options: [(String, Int?)] = [
      ("--rlimit-as", limits.addressSpaceBytes), ("--rlimit-nofile", limits.openFiles), ("--rlimit-nproc", limits.processes),
      ("--rlimit-cpu", limits.cpuSeconds), ("--rlimit-fsize", limits.fileBytes), ("--rlimit-core", limits.coreBytes),
    ]
    for (option, value) in options {
      guard let value else { continue }
      words += [option, String(max(0, value))]
    }
    return words + ["--", command] + arguments
  }

  /// The supervisor's environment: the child's variables marked with a tilde, and `own`, which only the supervisor itself sees.
  func supervisorEnvironment(own: [String: String]) -> [String] {
    environment.map { "~\($0.key)=\($0.value)" }.sorted() + own.map { "\($0.key)=\($0.value)" }.sorted()
  }

  /// Why this cannot be handed to the kernel at all, or nil.
  var refusal: String? {
    if command.isEmpty { return "the command is empty" }
    let words = [command] + arguments + (workingDirectory.map { [$0] } ?? []) + Array(environment.values)
    if words.contains(where: { $0.utf8.contains(0) }) { return "the command, an argument or a variable contains a NUL character" }
    for name in environment.keys where name.isEmpty || name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "=") }) {
      return "the name of an environment variable is empty or contains '=' or NUL"
    }
    return nil
  }
}
