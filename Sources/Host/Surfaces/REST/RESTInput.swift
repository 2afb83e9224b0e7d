internal import JSON

/// What a request says, put together from path, query, headers and body: the fields of its operation, and how it is to be done.
struct RESTInput {
  var fields: JSONObject = [:]
  var isDryRun = false
  /// The only revision of the document that may be changed.
  var expectedRevision: String?
  var page: Page?
  /// The name of the file in the backup folder that the answer goes into.
  var outputFile: String?

  /// A part of a list.
  struct Page {
    var limit: Int
    var offset: Int
  }

  private let operation: AdminOperation

  init(_ operation: AdminOperation, path: [(name: String, value: String)], query: [(name: String, value: String)], ifMatch: [String])
    throws(RESTRefusal)
  {
    self.operation = operation
    for (name, value) in path { fields[name] = .string(value) }
    for (name, value) in query { try take(name, value) }
    if operation.isMutation { expectedRevision = try Self.revision(ifMatch) }
  }

  // MARK: Query

  private mutating func take(_ name: String, _ text: String) throws(RESTRefusal) {
    switch name {
    case "dry_run" where operation.isMutation: isDryRun = try Self.bool(name, text)
    case "limit" where operation.shape.isList:
      page = Page(limit: try Self.int(name, text, in: 1...Limits.REST.maxPageSize), offset: page?.offset ?? 0)
    case "offset" where operation.shape.isList:
      page = Page(limit: page?.limit ?? Limits.REST.maxPageSize, offset: try Self.int(name, text, in: 0...Int(Int32.max)))
    default: try takeField(name == "project_identifier" ? Inputs.project.names[0] : name, text)
    }
  }

  /// Fields of operations without a body. A key never goes into a URL's query, where logs keep it.
  private mutating func takeField(_ name: String, _ text: String) throws(RESTRefusal) {
    guard operation.route.method == .get, let field = operation.fields.first(where: { $0.names.contains(name) }), fields[name] == nil else {
      throw .wrong(name, "There is no query parameter '\(Fields.shown(name))' here.")
    }
    switch field.type {
    case .string: fields[name] = .string(text)
    case .boolean: fields[name] = .bool(try Self.bool(name, text))
    case .integer: fields[name] = .int(try Self.int(name, text, in: Int(Int32.min)...Int(Int32.max)))
    default: throw .wrong(name, "'\(Fields.shown(name))' cannot be given in the query.")
    }
  }

  private static func bool(_ name: String, _ text: String) throws(RESTRefusal) -> Bool {
    switch text {
    case "true", "1": return true
    case "false", "0": return false
    default: throw .wrong(name, "'\(name)' must be true or false.")
    }
  }

  private static func int(_ name: String, _ text: String, in range: ClosedRange<Int>) throws(RESTRefusal) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw .wrong(name, "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return number
  }

  /// RFC 9110 section 13.1.1. Entity tags here are revisions in quotes.
  private static func revision(_ ifMatch: [String]) throws(RESTRefusal) -> String? {
    guard let header = ifMatch.first, header != "*" else { return nil }
    guard ifMatch.count == 1, header.count > 2, header.hasPrefix("\""), header.hasSuffix("\""),
      !header.dropFirst().dropLast().contains("\"")
    else { throw RESTRefusal(400, "If-Match must be one entity tag, as an earlier answer's ETag had it.") }
    return String(header.dropFirst().dropLast())
  }

  // MARK: Body

  /// Fields of operations with a body.
  static func takesBody(_ operation: AdminOperation) -> Bool { operation.route.method != .get }

  mutating func take(_ body: RawJSON, files: ExportFolder) throws {
    guard body.kind == .object else { throw RESTRefusal.wrong("body", "The body must be a JSON object.") }
    for member in body.members where !member.value.isNull {
      let name = member.key.stringValue ?? ""
      switch name {
      case "output_file" where operation.isExport:
        outputFile = try Self.text(name, member.value)
        try ExportFolder.check(outputFile ?? "", field: name)
      case "input_file" where operation.fields.contains(where: { $0.type == .document }):
        try set(Inputs.document.names[0], files.read(Self.text(name, member.value)).value)
      case "policy_file", "input_policy_file", "output_policy_file":
        throw RESTRefusal.wrong(
          name, "The API reads no files by their path.", suggestions: ["Send the policy itself in '\(name.dropLast(5))'."])
      default: try set(name, member.value.value)
      }
    }
  }

  private static func text(_ name: String, _ value: RawJSON) throws(RESTRefusal) -> String {
    guard let text = value.stringValue else { throw .wrong(name, "The field '\(name)' must be a string.") }
    return text
  }

  private mutating func set(_ name: String, _ value: JSONValue) throws(RESTRefusal) {
    guard fields[name] == nil || fields[name] == value else {
      throw .wrong(name, "The field '\(Fields.shown(name))' is given twice, and not alike.")
    }
    fields[name] = value
  }
}
