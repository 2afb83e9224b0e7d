/// Columns of text; the first is set left, the others right.
struct Table {
  let title: String
  let columns: [String]
  private(set) var rows: [[String]] = []

  init(_ title: String, _ columns: [String]) {
    self.title = title
    self.columns = columns
  }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let all = [columns] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    let lines = all.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }
    let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
    return "\n\(title)\n\(lines[0])\n\(rule)\n\(lines.dropFirst().joined(separator: "\n"))"
  }
}

/// Figures in as many digits as they deserve.
enum Figure {
  static func text(_ value: Double, digits: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "-" }
    let scale = [1.0, 10, 100, 1000][min(max(digits, 0), 3)]
    let rounded = Int((abs(value) * scale).rounded())
    let sign = value < 0 && rounded > 0 ? "-" : ""
    let whole = grouped(rounded / Int(scale))
    guard digits > 0 else { return sign + whole }
    let fraction = String(rounded % Int(scale))
    return sign + whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  private static func grouped(_ value: Int) -> String {
    var digits = String(value)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits = String(digits.dropLast(3))
    }
    return ([digits] + groups).joined(separator: ",")
  }

  /// Times: microseconds with one digit while they are small.
  static func microseconds(_ value: Double) -> String { text(value, digits: abs(value) < 1000 ? 1 : 0) }

  static func bytes(_ count: Int) -> String {
    switch count {
    case (1 << 20)...: "\(count >> 20) MB"
    case (1 << 10)...: "\(count >> 10) KB"
    default: "\(count) B"
    }
  }
}
