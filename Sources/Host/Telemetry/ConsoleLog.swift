internal import Glibc

/// The log on standard error: one line a record, control characters escaped, so that nothing a client sends can forge a line.
package final class ConsoleLog: LogSink {
  package let minimumLevel: LogLevel

  package init(minimumLevel: LogLevel = .trace) { self.minimumLevel = minimumLevel }

  package func write(_ record: LogRecord) {
    guard record.level >= minimumLevel else { return }
    var line = "\(WallClock.iso8601(unixNanoseconds: record.timeUnixNanoseconds)) \(Self.word(record.level)) [\(record.scope)] \(Self.printable(record.message))"
    for (key, value) in record.fields { line += " \(key)=\(Self.quoted(value))" }
    line += "\n"
    // One write a line keeps lines whole; standard error that cannot be written to has nobody to tell.
    _ = line.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
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
    scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      || scalar.properties.generalCategory == .lineSeparator || scalar.properties.generalCategory == .paragraphSeparator
  }
}
