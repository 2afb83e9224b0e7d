internal import PluginABI

/// Timers that run on the host's service threads.
public struct PluginTimer: Sendable {
  nonisolated(unsafe) let host: UnsafePointer<smg_host>
  nonisolated(unsafe) let table: UnsafePointer<smg_host_timer>

  /// How a timer ended.
  public enum Ending: Sendable {
    case due
    /// `cancel` was called or the instance is ending.
    case cancelled
  }

  /// A running timer, for `cancel`.
  public struct ID: Sendable, Hashable {
    let value: UInt64
  }

  /// Runs `body` once, on a host thread, when the time is over or the timer is cancelled.
  /// - Throws: `PluginError` when the host starts no timer: before `init` has returned, after `stop`, or too many; `body` then never runs.
  @discardableResult
  public func after(nanoseconds: UInt64, _ body: @escaping @Sendable (Ending) -> Void) throws -> ID {
    let box = Unmanaged.passRetained(TimerBody(run: body))
    var id: UInt64 = 0
    let status = table.pointee.after(
      host.pointee.ctx, nanoseconds,
      { argument, why in
        guard let argument else { return }
        Unmanaged<TimerBody>.fromOpaque(argument).takeRetainedValue().run(why == SMG_OK ? .due : .cancelled)
      },
      box.toOpaque(), &id)
    guard status == SMG_OK else {
      box.release()
      throw PluginError(PluginError.Status(rawValue: status) ?? .unavailable, "the host started no timer (status \(status))")
    }
    return ID(value: id)
  }

  /// True when the timer's body will run with `.cancelled`; false when it has run, is running or is due.
  @discardableResult
  public func cancel(_ id: ID) -> Bool { table.pointee.cancel(host.pointee.ctx, id.value) == SMG_OK }

  /// Waits without holding a thread. Ends early, with `CancellationError`, when the task is cancelled or the instance is ending.
  public func sleep(nanoseconds: UInt64) async throws {
    let wait = HostWait<ID, Ending>()
    let ending = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait.arm(continuation)
        do {
          wait.started(try after(nanoseconds: nanoseconds) { wait.finish($0) }, cancel: cancel)
        } catch {
          wait.finish(.cancelled)
        }
      }
    } onCancel: {
      wait.cancel(using: cancel)
    }
    guard case .due = ending else { throw CancellationError() }
  }
}

private final class TimerBody: Sendable {
  let run: @Sendable (PluginTimer.Ending) -> Void
  init(run: @escaping @Sendable (PluginTimer.Ending) -> Void) { self.run = run }
}
