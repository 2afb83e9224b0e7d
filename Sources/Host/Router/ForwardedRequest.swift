package import JSON
internal import MCP

/// One request on its way to a server: what is asked for, and the part of it that the caller wrote, which guardrails judge.
package struct ForwardedRequest: Sendable {
  /// What is asked for, in the server's own names.
  package enum Target: Sendable, Hashable {
    case tool(String)
    case prompt(String)
    case resource(uri: String)
    /// To hear of changes of a resource.
    case subscription(uri: String)
    /// Of a prompt's argument or of a variable of a resource template.
    case promptCompletion(String)
    case resourceCompletion(uri: String)
  }

  package let target: Target
  /// Position in a batch of calls.
  package let index: Int
  /// What guardrails judge: the arguments, or all of `params` that is not the gateway's own.
  package let content: RawJSON
  /// RFC 6901 pointer of `content` in the message.
  package let base: String
  /// The headers of the HTTP request in which arguments of a tool may be repeated (2026-07-28); nil: the transport has none.
  package var parameterFields: [(name: String, value: String)]?
  /// Who makes the call again when the server wants answers of the client first (2026-07-28).
  var rounds = Rounds.here

  enum Rounds: Sendable {
    /// The gateway, which asks the client meanwhile.
    case here
    /// The client, which carries what is needed for it. `after`: it has come back with answers.
    case atClient(after: Repetition?)
  }

  /// - Parameter arguments: a JSON object.
  package static func tool(_ name: String, arguments: RawJSON, index: Int = 0) -> ForwardedRequest {
    ForwardedRequest(target: .tool(name), index: index, content: arguments, base: argumentsPointer)
  }

  static let argumentsPointer = "/params/arguments"

  init(target: Target, index: Int = 0, content: RawJSON, base: String) {
    self.target = target
    self.index = index
    self.content = content
    self.base = base
  }

  package var method: String {
    switch target {
    case .tool: MethodName.toolsCall
    case .prompt: MethodName.promptsGet
    case .resource: MethodName.resourcesRead
    case .subscription: MethodName.resourcesSubscribe
    case .promptCompletion, .resourceCompletion: MethodName.complete
    }
  }

  /// The name or URI.
  package var item: String {
    switch target {
    case .tool(let name), .prompt(let name), .promptCompletion(let name), .resource(uri: let name), .subscription(uri: let name),
      .resourceCompletion(uri: let name):
      name
    }
  }

  /// The item for records. The URI of a resource may hold what somebody typed.
  var recordedItem: String {
    switch target {
    case .tool, .prompt, .promptCompletion: item
    case .resource(let uri), .subscription(let uri), .resourceCompletion(let uri): RecordedURI.text(uri)
    }
  }

  /// For messages.
  var noun: String {
    switch target {
    case .tool: "Tool"
    case .prompt, .promptCompletion: "Prompt"
    case .resource, .subscription, .resourceCompletion: "Resource"
    }
  }
}

// MARK: On the wire

extension ForwardedRequest {
  /// Members of `_meta` that concern one hop only; the gateway writes its own. What `io.modelcontextprotocol/` reserves does too.
  static func isHopOwned(_ metaKey: String) -> Bool {
    TraceCarrier.names.contains(metaKey) || metaKey == MetaKey.progressToken || metaKey.hasPrefix("io.modelcontextprotocol/")
  }

  /// `params` for the server.
  /// - Parameters:
  ///   - screened: `content` as the guardrails let it pass.
  ///   - progressToken: under which progress is wanted.
  ///   - answers: JSON text of `inputResponses`, when the server asked for them.
  ///   - state: the server's `requestState`, as it came.
  func params(
    _ screened: RawJSON, trace: TraceCarrier, progressToken: RequestID? = nil, answers: [UInt8]? = nil, state: RawJSON? = nil
  ) -> [UInt8] {
    var writer = JSONWriter(reservingBytes: screened.bytes.count + item.utf8.count + 192)
    let isWhole = base != Self.argumentsPointer
    writer.object { writer in
      if let name { writer.member("name", name) }
      if isWhole {
        for (key, value) in screened.members where key.stringValue != "_meta" { writer.member(key, value) }
      } else {
        writer.member("arguments", screened)
      }
      if let answers {
        writer.key("inputResponses")
        writer.raw(answers)
      }
      if let state { writer.member("requestState", state) }
      writer.key("_meta")
      writer.object { writer in
        if isWhole, let meta = screened["_meta"] { for (key, value) in meta.members { writer.member(key, value) } }
        if let progressToken {
          writer.key("progressToken")
          writer.raw(progressToken.encoded())
        }
        if let parent = trace.traceparent { writer.member("traceparent", parent) }
        if let state = trace.tracestate { writer.member("tracestate", state) }
        if let baggage = trace.baggage { writer.member("baggage", baggage) }
      }
    }
    return writer.bytes
  }

  /// Written by the gateway and not part of `content`: a guardrail's replacement cannot lead the request elsewhere.
  private var name: String? {
    switch target {
    case .tool(let name), .prompt(let name): name
    case .resource, .subscription, .promptCompletion, .resourceCompletion: nil
    }
  }
}
