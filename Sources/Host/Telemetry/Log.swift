/// Severity of a log record, ordered; the raw values are those of the plugin ABI (`SMG_LOG_*`).
package enum LogLevel: Int, Sendable, Comparable, CaseIterable {
  case trace = 0, debug, info, warning, error

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// One thing that happened, for the operator. Never holds a secret: whoever logs masks first.
package struct LogRecord: Sendable {
  package var timeUnixNanoseconds: UInt64
  package var level: LogLevel
  /// The room or plugin that speaks, e.g. "upstream" or "plugin.custom_keyword".
  package var scope: String
  package var message: String
  package var fields: [(key: String, value: String)]
}

/// Where log records go. Called from any thread; must not wait.
package protocol LogSink: Sendable {
  var minimumLevel: LogLevel { get }
  func write(_ record: LogRecord)
}

/// A handle for one room's log. Passed in, never global.
package struct Log: Sendable {
  private let sink: any LogSink
  private let scope: String

  package init(sink: any LogSink, scope: String) {
    self.sink = sink
    self.scope = scope
  }

  package func scoped(_ scope: String) -> Log { Log(sink: sink, scope: scope) }

  package func log(_ level: LogLevel, _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, String> = [:]) {
    guard level >= sink.minimumLevel else { return }
    write(level, message(), fields.map { ($0.key, $0.value) })
  }

  package func write(_ level: LogLevel, _ message: String, _ fields: [(key: String, value: String)]) {
    guard level >= sink.minimumLevel else { return }
    sink.write(LogRecord(timeUnixNanoseconds: WallClock.nowUnixNanoseconds(), level: level, scope: scope, message: message, fields: fields))
  }

  package func trace(_ m: @autoclosure () -> String, _ f: KeyValuePairs<String, String> = [:]) { log(.trace, m(), f) }
  package func debug(_ m: @autoclosure () -> String, _ f: KeyValuePairs<String, String> = [:]) { log(.debug, m(), f) }
  package func info(_ m: @autoclosure () -> String, _ f: KeyValuePairs<String, String> = [:]) { log(.info, m(), f) }
  package func warning(_ m: @autoclosure () -> String, _ f: KeyValuePairs<String, String> = [:]) { log(.warning, m(), f) }
  package func error(_ m: @autoclosure () -> String, _ f: KeyValuePairs<String, String> = [:]) { log(.error, m(), f) }
}
