internal import JSON

/// Every path of the API and what is behind it, made from the operations.
package struct RESTRoutes: Sendable {
  /// What a path leads to.
  package enum Target: Sendable {
    /// By method.
    case operations([String: AdminOperation])
    case health, ready, openAPI
    case asset(APIPage.Asset)

    package var methods: [String] {
      switch self {
      case .operations(let operations): operations.keys.sorted() + (operations["GET"] == nil ? [] : ["HEAD"])
      default: ["GET", "HEAD"]
      }
    }
  }

  package struct Entry: Sendable {
    /// With `{name}` where a part of the path is a field.
    package var path: String
    package var target: Target
    let parts: [Substring]

    init(path: String, target: Target) {
      self.path = path
      self.target = target
      parts = path.split(separator: "/")
    }
  }

  package static let prefix = "/api/v1"
  package let entries: [Entry]

  package init(_ operations: [AdminOperation] = AdminOperations.all) {
    var byPath: [(path: String, operations: [String: AdminOperation])] = []
    for operation in operations {
      let path = Self.prefix + operation.route.path
      let index = byPath.firstIndex { $0.path == path } ?? byPath.endIndex
      if index == byPath.endIndex { byPath.append((path, [:])) }
      byPath[index].operations[operation.route.method.rawValue] = operation
    }
    entries =
      byPath.map { Entry(path: $0.path, target: .operations($0.operations)) }
      + [Entry(path: "/health", target: .health), Entry(path: "/ready", target: .ready), Entry(path: "/openapi.json", target: .openAPI)]
      + APIPage.Asset.allCases.map { Entry(path: $0.path, target: .asset($0)) }
  }

  /// What a path leads to; a written part goes before one that is a field. Nil when nothing is there.
  package func entry(of path: String) -> Entry? {
    let sent = path.split(separator: "/")
    let fitting = entries.filter { Self.fits($0.parts, sent) }
    return fitting.min { Self.fieldCount($0.parts) < Self.fieldCount($1.parts) }
  }

  private static func fits(_ parts: [Substring], _ sent: [Substring]) -> Bool {
    parts.count == sent.count && zip(parts, sent).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
  }

  private static func fieldCount(_ parts: [Substring]) -> Int { parts.count { $0.hasPrefix("{") } }

  /// The parts of a path that are fields, as they were sent; nil when a value cannot be decoded.
  static func parameters(of template: String, in path: String) -> [(name: String, value: String)]? {
    let sent = path.split(separator: "/")
    var found: [(name: String, value: String)] = []
    for (index, part) in template.split(separator: "/").enumerated() where part.hasPrefix("{") {
      guard index < sent.count, let value = PercentDecoding.decode(sent[index]) else { return nil }
      found.append((String(part.dropFirst().dropLast()), value))
    }
    return found
  }
}
