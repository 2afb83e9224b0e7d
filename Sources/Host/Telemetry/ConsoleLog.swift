internal import Dispatch
internal import Glibc
internal import Synchronization

/// The log on standard error: one line a record, control characters escaped, so that nothing a client sends can forge a line. Written on a queue of its own, since
/// standard error may be a pipe that nobody reads; what does not fit is dropped, and the number of dropped lines is said when it goes on.
package final class ConsoleLog: LogSink {
  package let minimumLevel: LogLevel
  private let queue = DispatchQueue(label: "console-log")
  private let waiting = Atomic<Int>(0)
  private let dropped = Atomic<Int>(0)

  package init(minimumLevel: LogLevel = .trace) { self.minimumLevel = minimumLevel }

  package func write(_ record: LogRecord) {
    guard record.level >= minimumLevel else { return }
    guard waiting.add(1, ordering: .relaxed).newValue <= Limits.Telemetry.maxConsoleLines else {
      waiting.subtract(1, ordering: .relaxed)
      dropped.add(1, ordering: .relaxed)
      return
    }
    queue.async { [self] in
      waiting.subtract(1, ordering: .relaxed)
      let lost = dropped.exchange(0, ordering: .relaxed)
      if lost > 0 { Self.put("… \(lost) lines of the log were dropped\n") }
      Self.put(Self.line(record))
    }
  }

  /// Waits for what was written so far, but not for ever.
  package func flush() {
    let done = DispatchSemaphore(value: 0)
    queue.async { done.signal() }
    _ = done.wait(timeout: .now() + .milliseconds(Limits.Telemetry.consoleFlushMilliseconds))
  }

  /// One write a line keeps lines whole; if standard error cannot be written to, there is nobody to tell.
  private static func put(_ line: String) { _ = line.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) } }

  static func line(_ record: LogRecord) -> String {
    let time = WallClock.iso8601(unixNanoseconds: record.timeUnixNanoseconds)
    let fields = record.fields.map { " \($0.key)=\(quoted($0.value))" }.joined()
    return "\(time) \(word(record.level)) [\(record.scope)] \(printable(record.message))\(fields)\n"
  }

  private static func word(_ level: LogLevel) -> String {
    switch level {
    case .trace: "TRACE"
    case .debug: "DEBUG"
    case .info: "INFO"
    case .warning: "WARN"
    case .error: "ERROR"
    }
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") && $0 < 0x7f }
    return isPlain ? text : "\"\(printable(text).replacing("\"", with: "\\\""))\""
  }

  private static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if isControl(scalar) { result += "\\u{\(String(scalar.value, radix: 16))}" } else { result.unicodeScalars.append(scalar) }
    }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
