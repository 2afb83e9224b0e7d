internal import JSON

/// Data as columns: a list of objects a row each, one object a row for each member.
struct Table {
  private let rows: [[String]]
  private let isBold: Bool

  /// `isBold`: the heading, for terminals.
  init(_ data: JSONValue, isBold: Bool) {
    self.isBold = isBold
    switch data {
    case .array(let elements) where elements.allSatisfy({ $0.objectValue != nil }):
      var names: [String] = []
      for element in elements { for name in element.objectValue?.keys ?? [] where !names.contains(name) { names.append(name) } }
      rows = elements.isEmpty ? [] : [names.map { $0.uppercased() }] + elements.map { element in names.map { Self.cell(element[$0]) } }
    case .array(let elements): rows = elements.map { [Self.cell($0)] }
    case .object(let object): rows = [["FIELD", "VALUE"]] + object.map { [Self.printable($0.key), Self.cell($0.value)] }
    default: rows = [[Self.cell(data)]]
    }
  }

  var text: String {
    guard let columns = rows.map(\.count).max() else { return "(none)" }
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.enumerated().map { index, row in
      let padded = row.enumerated().map { column, cell in
        column == columns - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      let line = padded.joined(separator: "  ")
      return index == 0 && isBold ? "\u{1B}[1m\(line)\u{1B}[0m" : line
    }
    return lines.joined(separator: "\n")
  }

  private static func cell(_ value: JSONValue?) -> String {
    switch value {
    case nil, .null: "-"
    case .string(let text): printable(text)
    case .array(let elements): elements.isEmpty ? "-" : elements.map(item).joined(separator: ", ")
    case .some(let value): printable(value.serializedString())
    }
  }

  /// One of several things in a cell: its name, when it has one.
  private static func item(_ value: JSONValue) -> String {
    let name = value.objectValue?.first { $0.key.hasSuffix("name") || $0.key == "email" }?.value.stringValue
    return printable(name ?? value.stringValue ?? value.serializedString())
  }

  /// Names come from files: none may move the cursor.
  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}
