internal import CLinux
internal import Glibc
internal import JSON
internal import Synchronization

/// The child's side of a check: `<binary> __plugin-check`. Reads its job from descriptor 5, loads the library of descriptor 3, makes the check, and writes
/// the verdict to descriptor 4. The record of descriptor 6 is for its parent when it crashes.
package enum CheckChild {
  /// The hidden verb. Whoever owns `main` runs it.
  package static let verb = "__plugin-check"

  enum Descriptor {
    static let image: Int32 = 3
    static let answer: Int32 = 4
    static let job: Int32 = 5
    static let record: Int32 = 6
  }

  /// - Returns: an exit status, only when it was started in the wrong way; otherwise the process ends here, without running the library's destructors.
  package static func run() -> Int32 {
    guard fcntl(Descriptor.answer, F_GETFD) >= 0, let bytes = HandedFile.read(Descriptor.job), let job = job(in: bytes),
      let record = BlackBox.map(Descriptor.record)
    else { return 64 }
    smg_confine_child(Limits.PluginCheck.cpuSeconds)
    record.watch()
    let frames = Frames(box: record)
    let task = CheckTask(job, libraryPath: "/proc/self/fd/\(Descriptor.image)", frames: frames, capturesOutput: true)
    let answer = Answer()
    watch(task, answer)
    guard job.check != nil else {
      switch task.describe() {
      case .success(let offer): answer.give(["offer": offer.document])
      case .failure: answer.give(["offer": .null])
      }
    }
    answer.give(["verdict": task.run().document])
  }

  private static func job(in bytes: [UInt8]) -> CheckJob? {
    do { return CheckJob(try RawJSON(validating: bytes).value) } catch { return nil }
  }

  /// The one answer: whoever has it first ends the process.
  private final class Answer: Sendable {
    private let isGiven = Atomic(false)

    func give(_ document: JSONValue) -> Never {
      if isGiven.exchange(true, ordering: .relaxed) {
        // Another thread is about to end the process.
        while true { sleep(1) }
      }
      // What the plugin has in the buffers of standard output and error is output, too.
      fflush(nil)
      _exit(HandedFile.write(document.serialized(), to: Descriptor.answer) ? 0 : 74)
    }
  }

  /// Ends the check when a function of the plugin does not return.
  private static func watch(_ task: CheckTask, _ answer: Answer) {
    let seconds = task.job.settings.callSeconds
    _ = HostThread.start("smg-watchdog") {
      while true {
        var pause = timespec(tv_sec: 0, tv_nsec: 50_000_000)
        nanosleep(&pause, nil)
        guard let stage = task.frames.overdue(after: UInt64(seconds + 1) * 1_000_000_000) else { continue }
        task.log.fail("returns", "no return from \(stage) within \(seconds) s")
        answer.give(["verdict": task.verdict().document])
      }
    }
  }
}
