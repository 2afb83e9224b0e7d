internal import PluginSDK

/// A record as one line for people. Control characters are escaped, so that no text can forge a line or move the cursor.
enum TextLine {
  static func append(_ record: borrowing Record, to lines: inout [UInt8]) {
    let head = record.kind == .span ? "SPAN " : Severity.padded(record.severity)
    var line = "\(LineTime.text(record.timeUnixNanoseconds)) \(head) [\(printable(record.scope.string))] "
    if record.kind == .span {
      let milliseconds = LineTime.milliseconds(record.timeUnixNanoseconds, record.endUnixNanoseconds)
      line += "\(printable(record.name.string)) \(milliseconds) ms\(record.spanStatus == 2 ? " error" : "")"
    } else {
      line += printable(record.body.string)
    }
    lines += (line + attributes(record.attributes) + "\n").utf8
  }

  static func append(_ metric: borrowing Metric, _ point: borrowing MetricPoint, at time: UInt64, to lines: inout [UInt8]) {
    let value = metric.kind == .histogram ? "count=\(point.count) sum=\(point.value)" : "\(point.value)"
    let line = "\(LineTime.text(time)) METRIC \(printable(metric.name.string)) \(value) \(printable(metric.unit.string))"
    lines += (line + attributes(point.attributes) + "\n").utf8
  }

  private static func attributes(_ attributes: borrowing Attributes) -> String {
    var text = ""
    for index in attributes.indices {
      text += " \(printable(attributes.key(index).string))="
      switch attributes.kind(index) {
      case .string, .json: text += quoted(attributes.text(index).string)
      case .int: text += String(attributes.integer(index))
      case .double: text += String(attributes.double(index))
      case .bool: text += attributes.integer(index) != 0 ? "true" : "false"
      case nil: text += "?"
      }
    }
    return text
  }

  private static func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") }
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
