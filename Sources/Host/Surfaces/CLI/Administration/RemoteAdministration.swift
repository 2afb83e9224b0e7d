internal import Egress
internal import JSON

/// Has operations done by a running gateway, through its REST API: fields → request, answer → outcome.
struct RemoteAdministration {
  private let target: RequestTarget
  private let base: String
  private let key: String
  private let tls: TLSProfile
  private let allowsPlaintext: Bool

  /// - Parameters:
  ///   - url: of the API, with or without its path.
  ///   - allowsPlaintext: whether the key may go to another machine in clear.
  init(url: String, key: String, tls: TLSProfile, allowsPlaintext: Bool) throws(GatewayError) {
    do throws(EgressError) { target = try RequestTarget(url) } catch {
      throw GatewayError(.toolInvalidArguments, "'\(url)' is not a URL such as http://127.0.0.1:8001.")
    }
    var base = url
    while base.hasSuffix("/") { base.removeLast() }
    self.base = base.hasSuffix(RESTRoutes.prefix) ? base : base + RESTRoutes.prefix
    self.key = key
    self.tls = tls
    self.allowsPlaintext = allowsPlaintext
  }

  func run(_ operation: AdminOperation, _ input: JSONObject, _ change: ChangeTerms) async throws -> AdminOutcome {
    let http = CommandHTTP(
      target: target, tls: tls, hint: "Start its REST API with `secure-mcp-gateway system start-api`, or correct --url.",
      allowsPlaintext: allowsPlaintext)
    var (path, rest) = try Self.path(of: operation, input)
    var query = operation.route.method == .get ? try Self.query(&rest) : []
    if change.isDryRun, operation.isMutation { query.append("dry_run=true") }
    if !query.isEmpty { path += "?" + query.joined(separator: "&") }
    var headers = [("Authorization", "Bearer \(key)"), ("Accept", "application/json")]
    if let revision = change.expectedRevision { headers.append(("If-Match", "\"\(revision)\"")) }
    let body = operation.route.method == .get ? [] : JSONValue.object(rest).serialized()
    if !body.isEmpty { headers.append(("Content-Type", "application/json")) }
    let answer = try await http.send(operation.route.method.rawValue, base + path, headers: headers, body: body)
    return try Self.outcome(answer, operation, change)
  }

  // MARK: Request

  /// The path with its fields filled in, and the fields that are left.
  private static func path(of operation: AdminOperation, _ input: JSONObject) throws(GatewayError) -> (String, JSONObject) {
    var rest = input
    var path = ""
    for part in operation.route.path.split(separator: "/") {
      path += "/"
      guard part.hasPrefix("{") else {
        path += part
        continue
      }
      let name = String(part.dropFirst().dropLast())
      let names = operation.fields.first { $0.names.contains(name) }?.names ?? [name]
      guard let given = names.first(where: { rest[$0]?.stringValue != nil }), let value = rest[given]?.stringValue, !value.isEmpty else {
        throw GatewayError(.toolInvalidArguments, "The field '\(name)' is required.")
      }
      for name in names { rest.removeValue(forKey: name) }
      path += FederatedURI.encoded(value)
    }
    return (path, rest)
  }

  private static func query(_ rest: inout JSONObject) throws(GatewayError) -> [String] {
    var query: [String] = []
    for (name, value) in rest {
      guard let text = value.stringValue ?? value.boolValue.map({ String($0) }) ?? value.intValue.map({ String($0) }) else {
        throw GatewayError(.toolInvalidArguments, "The field '\(name)' cannot be given over REST.")
      }
      query.append("\(name)=\(FederatedURI.encoded(text))")
    }
    return query
  }

  // MARK: Answer

  /// Members of an answer that commands print as lines.
  private static let lines = ["api_key", "new_api_key", "admin_apikey", "mcp_config_id", "project_id", "user_id"]

  private static func outcome(_ http: CommandHTTP.Answer, _ operation: AdminOperation, _ change: ChangeTerms) throws -> AdminOutcome {
    let status = http.status
    let document: RawJSON
    do throws(JSONError) {
      document = try RawJSON(validating: http.body, limits: JSONLimits(maxBytes: Limits.Config.maxDocumentBytes))
    } catch {
      throw GatewayError(
        .operationFailed, "The answer (HTTP \(status)) is not that of a gateway.", suggestions: ["Is --url that of its REST API?"])
    }
    guard let data = document["data"], status == 200 || status == 400 else { throw refusal(status, document) }
    var answer = Answer(
      data.value, message: document["message"]?.stringValue ?? "",
      isBad: status != 200 || http.headers.contains { $0.name == RESTOutcome.problemHeader })
    if operation.isMutation { answer.lines = lines.filter { data[$0] != nil } }
    if answer.message == "OK" || answer.message.hasSuffix(" found") { answer.message = "" }
    var outcome = AdminOutcome(answer: answer)
    if change.isDryRun {
      outcome.revisionBefore = data["revision_before"]?.stringValue
      outcome.changes = data["changes"]?.elements.compactMap { DocumentChange($0.value) } ?? []
    }
    return outcome
  }

  private static func refusal(_ status: Int, _ document: RawJSON) -> GatewayError {
    let detail = document["detail"] ?? document
    let error = detail["error"]
    let message =
      detail.stringValue ?? error?["message"]?.stringValue ?? detail[0]?["msg"]?.stringValue ?? "The gateway answered HTTP \(status)."
    let code = error?["code"]?.stringValue.flatMap { GatewayError.Code(rawValue: $0) }
    return GatewayError(
      code ?? (status == 422 ? .toolInvalidArguments : .operationFailed), message,
      suggestions: error?["details"]?["suggested_actions"]?.elements.compactMap(\.stringValue) ?? [])
  }
}

extension DocumentChange {
  /// Nil when it is none.
  init?(_ document: JSONValue) {
    guard let kind = document["change"]?.stringValue.flatMap({ Kind(rawValue: $0) }), let path = document["path"]?.stringValue else {
      return nil
    }
    self.init(kind: kind, path: path, before: document["before"], after: document["after"])
  }
}
