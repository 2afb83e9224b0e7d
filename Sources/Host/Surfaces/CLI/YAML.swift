internal import JSON

/// JSON data as YAML 1.2, in block style; every string in double quotes, so that none is taken for something else.
enum YAML {
  static func text(_ value: JSONValue) -> String {
    var lines: [String] = []
    append(value, to: &lines, indentation: "")
    return lines.joined(separator: "\n")
  }

  private static func append(_ value: JSONValue, to lines: inout [String], indentation: String) {
    switch value {
    case .array(let elements) where !elements.isEmpty:
      for element in elements {
        var inner: [String] = []
        append(element, to: &inner, indentation: indentation + "  ")
        lines.append(indentation + "- " + (inner.first?.dropFirst(indentation.count + 2) ?? ""))
        lines += inner.dropFirst()
      }
    case .object(let object) where !object.isEmpty:
      for (name, value) in object {
        let key = indentation + JSONValue.string(name).serializedString() + ":"
        if isBlock(value) {
          lines.append(key)
          append(value, to: &lines, indentation: indentation + "  ")
        } else {
          lines.append(key + " " + value.serializedString())
        }
      }
    default: lines.append(indentation + value.serializedString())
    }
  }

  private static func isBlock(_ value: JSONValue) -> Bool {
    switch value {
    case .array(let elements): !elements.isEmpty
    case .object(let object): !object.isEmpty
    default: false
    }
  }
}
