internal import JSON
internal import RESTServer

/// What was done, as the original's clients know it: `{message, data, timestamp}`, always with status 200.
enum RESTOutcome {
  static func answer(_ outcome: AdminOutcome, _ input: RESTInput, _ operation: AdminOperation, _ request: RESTRequest) -> RESTAnswer {
    var headers: [(name: String, value: String)] = []
    if let revision = outcome.revision {
      let tag = "\"\(revision)\""
      headers.append(("etag", tag))
      if operation.route.method == .get, request.values(of: "if-none-match").contains(tag) { return RESTAnswer(304, headers: headers) }
    }
    if input.isDryRun {
      return envelope(message: "Nothing was changed. The change would be accepted.", data: preview(outcome), headers: headers)
    }
    if outcome.answer.isBad { headers.append((problemHeader, "found")) }
    var data = Self.data(outcome.answer, input)
    if let page = input.page { data = self.page(page, of: outcome.answer.data, request, &headers) }
    let message = Self.message(outcome.answer)
    guard !outcome.answer.isBad || operation.route.method == .get else { return bad(message, data, headers) }
    return envelope(message: message, data: data, headers: headers)
  }

  /// `found` beside an answer whose command would end with status 1: it was given, and says that something is not in order.
  static let problemHeader = "x-problem"

  static func envelope(message: String, data: [UInt8], headers: [(name: String, value: String)] = []) -> RESTAnswer {
    var writer = JSONWriter(reservingBytes: data.count + 256)
    writer.object { writer in
      writer.key("message")
      writer.string(message)
      writer.key("data")
      writer.raw(data)
      writer.key("timestamp")
      writer.string(now)
    }
    return .json(200, writer.bytes, headers: headers)
  }

  /// As the original writes it: without a zone.
  private static var now: String { String(WallClock.iso8601().dropLast()) }

  private static func message(_ answer: Answer) -> String {
    if !answer.message.isEmpty { return answer.message }
    return answer.data.arrayValue.map { "\($0.count) found" } ?? "OK"
  }

  /// A document is given as it is, unless it went into a file.
  private static func data(_ answer: Answer, _ input: RESTInput) -> [UInt8] {
    if let name = input.outputFile { return JSONValue.object(["output_file": .string(name)]).serialized() }
    return answer.file ?? answer.data.serialized()
  }

  static func preview(_ outcome: AdminOutcome) -> [UInt8] {
    let preview: JSONValue = [
      "dry_run": true, "revision_before": outcome.revisionBefore.map(JSONValue.string) ?? .null,
      "changes": .array((outcome.changes ?? []).map(\.document)),
    ]
    return preview.serialized()
  }

  /// A check that found something wrong: status 400, so that scripts which look at nothing else notice.
  private static func bad(_ message: String, _ data: [UInt8], _ headers: [(name: String, value: String)]) -> RESTAnswer {
    var answer = envelope(message: message, data: data, headers: headers)
    let detail = GatewayError(.configurationValidationFailed, message).document().serialized()
    answer.status = 400
    answer.body = Array("{\"detail\":".utf8) + detail + [UInt8(ascii: ",")] + answer.body.dropFirst()
    return answer
  }

  /// RFC 8288 links to the neighbours, and how many elements there are in all.
  private static func page(
    _ page: RESTInput.Page, of data: JSONValue, _ request: RESTRequest, _ headers: inout [(name: String, value: String)]
  ) -> [UInt8] {
    let all = data.arrayValue ?? []
    let shown = all.dropFirst(page.offset).prefix(page.limit)
    headers.append(("x-total-count", String(all.count)))
    var links: [String] = []
    if page.offset + shown.count < all.count { links.append(link("next", page.offset + page.limit, page.limit, request)) }
    if page.offset > 0 { links.append(link("prev", max(0, page.offset - page.limit), page.limit, request)) }
    if !links.isEmpty { headers.append(("link", links.joined(separator: ", "))) }
    return JSONValue.array(Array(shown)).serialized()
  }

  private static func link(_ relation: String, _ offset: Int, _ limit: Int, _ request: RESTRequest) -> String {
    let others = request.query.split(separator: "&").filter { !$0.hasPrefix("offset=") && !$0.hasPrefix("limit=") }
    let query = (others + ["limit=\(limit)", "offset=\(offset)"]).joined(separator: "&")
    return "<\(request.path)?\(query)>; rel=\"\(relation)\""
  }
}
