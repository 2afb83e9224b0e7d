internal import Glibc
internal import NIOCore
internal import NIOPosix

/// A running child under its supervisor. Data flows through the channel that `openStandardIO` makes; this type is about its life.
final class ChildProcess: Sendable {
  /// Of the command itself.
  let pid: pid_t
  let supervisorPID: pid_t
  let eventLoop: any EventLoop
  /// The command has ended; others of its tree may still be there.
  let ended: EventLoopFuture<ExitStatus>
  /// Nothing of the tree is left and the supervisor is reaped.
  let gone: EventLoopFuture<Void>
  private let control: any Channel

  private init(
    pid: pid_t, supervisorPID: pid_t, control: any Channel, ended: EventLoopFuture<ExitStatus>, gone: EventLoopFuture<Void>
  ) {
    self.pid = pid
    self.supervisorPID = supervisorPID
    self.control = control
    self.eventLoop = control.eventLoop
    self.ended = ended
    self.gone = gone
  }

  /// SIGTERM, grace period, SIGKILL. Harmless if the tree is gone already.
  func terminate() { send("T") }

  /// SIGKILL to all of the tree.
  func kill() { send("K") }

  private func send(_ command: StaticString) { control.writeAndFlush(ByteBuffer(staticString: command), promise: nil) }
}

extension ChildProcess {
  /// The handlers of a child's channels; both closures run on the event loop.
  struct Handlers: Sendable {
    /// Reads the child's standard output, writes its standard input, whose descriptor the channel owns.
    var standardIO: @Sendable (_ channel: any Channel, _ input: CInt) throws -> Void
    var standardError: @Sendable (any Channel) throws -> Void
  }

  /// Starts a child and returns once its command was executed.
  static func launch(
    _ command: ChildCommand, supervisorPath: String, on eventLoop: any EventLoop, handlers: Handlers, deadline: NIODeadline
  ) async throws(UpstreamError) -> (process: ChildProcess, standardIO: any Channel) {
    if let refusal = command.refusal { throw .cannotStart(refusal) }
    let spawned = try await spawn(command, supervisorPath: supervisorPath)
    let started = eventLoop.makePromise(of: Result<pid_t, UpstreamError>.self)
    let ended = eventLoop.makePromise(of: ExitStatus.self)
    let gone = eventLoop.makePromise(of: Void.self)
    let timer = eventLoop.scheduleTask(deadline: deadline) { started.succeed(.failure(.timedOut(.start))) }
    defer { timer.cancel() }
    let commandName = command.command
    let opening = StreamOpening(spawned: spawned, eventLoop: eventLoop, handlers: handlers) { channel in
      try channel.pipeline.syncOperations.addHandler(ControlHandler(started: started, ended: ended, commandName: commandName))
    }
    let streams: StreamOpening.Streams
    do {
      streams = try await opening.open()
    } catch {
      started.succeed(.failure(.cannotStart("\(error)")))
      ended.succeed(.unknown)
      Reaper.reap(spawned.supervisorPID, on: eventLoop, promise: gone)
      throw .cannotStart("\(error)")
    }
    streams.control.closeFuture.whenComplete { _ in Reaper.reap(spawned.supervisorPID, on: eventLoop, promise: gone) }
    do throws(UpstreamError) {
      let pid = try await value(of: started.futureResult)
      let process = ChildProcess(
        pid: pid, supervisorPID: spawned.supervisorPID, control: streams.control, ended: ended.futureResult, gone: gone.futureResult)
      return (process, streams.standardIO)
    } catch {
      streams.close()
      throw error
    }
  }

  private static func spawn(_ command: ChildCommand, supervisorPath: String) async throws(UpstreamError) -> SpawnedProcess {
    do {
      return try await NIOThreadPool.singleton.runIfActive { try SpawnedProcess.spawn(command, supervisorPath: supervisorPath) }
    } catch {
      throw .cannotStart("\(error)")
    }
  }

  private static func value<T: Sendable>(of future: EventLoopFuture<Result<T, UpstreamError>>) async throws(UpstreamError) -> T {
    let result: Result<T, UpstreamError>
    do {
      result = try await future.get()
    } catch {
      throw .cannotStart("\(error)")
    }
    return try result.get()
  }
}
