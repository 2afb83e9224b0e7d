internal import CLinux
internal import Glibc

/// The process of one isolated binding, as the gateway sees it.
struct RunnerProcess: Sendable {
  let pid: pid_t
  let socket: FrameSocket
  /// What it writes to standard error.
  let errors: Int32

  static func start(_ plan: IsolationPlan) throws(PluginChild.NotStarted) -> RunnerProcess {
    let (ours, theirs) = try FrameSocket.pair()
    defer { close(theirs.descriptor) }
    var pipe: [Int32] = [-1, -1]
    guard smg_pipe(&pipe) == 0 else {
      let reason = PluginChild.NotStarted(number: errno)
      close(ours.descriptor)
      throw reason
    }
    defer { close(pipe[1]) }
    do throws(PluginChild.NotStarted) {
      let child = PluginChild(
        path: plan.runnerPath, arguments: [PluginRunner.verb],
        descriptors: [(theirs.descriptor, PluginRunner.Descriptor.socket), (plan.image.descriptor, PluginRunner.Descriptor.image)],
        errors: pipe[1])
      return RunnerProcess(pid: try child.spawn(), socket: ours, errors: pipe[0])
    } catch {
      close(ours.descriptor)
      close(pipe[0])
      throw error
    }
  }

  /// Ends it and all that it may have started.
  func kill() {
    Glibc.kill(-pid, SIGKILL)
    Glibc.kill(pid, SIGKILL)
  }

  /// Reaps it and gives its descriptors back.
  /// - Returns: how it ended, and what it said at last.
  func end() -> (how: String, said: String) {
    kill()
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    let said = lastWords()
    close(socket.descriptor)
    close(errors)
    let signal = status & 0x7F
    guard signal != 0 else { return ("exit status \(status >> 8 & 0xFF)", said) }
    return ("signal \(signal) (\(strsignal(signal).map { String(cString: $0) } ?? "unknown"))", said)
  }

  /// The end of what it wrote to standard error and nobody has read.
  private func lastWords() -> String {
    _ = fcntl(errors, F_SETFL, O_NONBLOCK)
    let bytes = HandedFile.read(errors, max: Limits.Plugin.maxLastWordsBytes) ?? []
    return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).joined(separator: " | ")
  }
}
