internal import CLinux
internal import Glibc

/// A supervisor that was just started, and the gateway's ends of everything it shares with the child. Whoever holds this value closes
/// the descriptors and reaps the supervisor.
struct SpawnedProcess: Sendable {
  let supervisorPID: pid_t
  /// Connected socket: commands out, reports in.
  let control: CInt
  let standardInput: CInt
  let standardOutput: CInt
  let standardError: CInt

  /// Blocks until the supervisor was executed, normally about a millisecond. Call it away from event loops.
  ///
  /// `posix_spawn` passes on exactly the four descriptors named here: every other one of the gateway is closed on exec, and the
  /// supervisor closes what is left.
  static func spawn(_ command: ChildCommand, supervisorPath: String) throws(SystemError) -> SpawnedProcess {
    let input = try DescriptorPair.towardsChild()
    let output = try DescriptorPair.fromChild()
    let error = try DescriptorPair.fromChild()
    let control = try DescriptorPair.sockets()
    let pid = try start(
      path: supervisorPath, arguments: command.supervisorArguments, environment: command.supervisorEnvironment(own: loaderVariables()),
      descriptors: [input.child.number, output.child.number, error.child.number, control.child.number])
    return SpawnedProcess(
      supervisorPID: pid, control: control.gateway.release(), standardInput: input.gateway.release(),
      standardOutput: output.gateway.release(), standardError: error.gateway.release())
  }

  func closeDescriptors() {
    for descriptor in [control, standardInput, standardOutput, standardError] { close(descriptor) }
  }

  /// If the gateway needs this to find its libraries, so does the supervisor, which is the same program.
  private static func loaderVariables() -> [String: String] {
    guard let value = getenv("LD_LIBRARY_PATH") else { return [:] }
    return ["LD_LIBRARY_PATH": String(cString: value)]
  }

  /// `descriptors[n]` becomes descriptor `n` of the new process.
  private static func start(
    path: String, arguments: [String], environment: [String], descriptors: [CInt]
  ) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    try check("posix_spawn_file_actions_init", posix_spawn_file_actions_init(&actions))
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
      try check("posix_spawn_file_actions_adddup2", posix_spawn_file_actions_adddup2(&actions, descriptor, CInt(number)))
    }
    let argumentVector = CStringVector(arguments)
    let environmentVector = CStringVector(environment)
    var pid: pid_t = 0
    let result = argumentVector.withPointers { argv in
      environmentVector.withPointers { envp in posix_spawn(&pid, path, &actions, nil, argv, envp) }
    }
    try check("posix_spawn of the supervisor", result)
    return pid
  }

  private static func check(_ call: String, _ result: CInt) throws(SystemError) {
    guard result == 0 else { throw SystemError(call: call, code: result) }
  }
}

/// A null-terminated array of C strings.
private struct CStringVector: ~Copyable {
  private let pointers: [UnsafeMutablePointer<CChar>?]

  init(_ strings: [String]) { pointers = strings.map { strdup($0) } + [nil] }

  deinit { for pointer in pointers { free(pointer) } }

  func withPointers<R>(_ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
    pointers.withUnsafeBufferPointer { buffer in
      // Never empty: the terminator is always there.
      guard let base = buffer.baseAddress else { preconditionFailure("an array with a terminator is empty") }
      return body(base)
    }
  }
}
