/// What is measured beside the others: a running server and the call that it answers.
struct Subject {
  let name: String
  let port: Int
  let template: CallTemplate
  /// The processes whose processor time counts, the server itself first.
  let processes: [ProcessUsage]
  /// Headers that differ by connection, for legacy sessions.
  var templates: [CallTemplate]?

  func callers(_ count: Int) throws -> [Caller] {
    try (0..<count).map { index in
      let template = templates.map { $0[index % $0.count] } ?? template
      return try Caller(port: port, template: template, number: index + 1)
    }
  }
}
