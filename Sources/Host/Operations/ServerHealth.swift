internal import JSON
internal import NIOCore

/// How the caller's conversations with one server are doing. Text about failures is the public one: the operator's stands in the log.
struct ServerHealth {
  private let states: [UpstreamState]

  init(_ server: ServerEntry, _ context: OperationContext) {
    states = context.services.upstream.states.filter { state in
      state.configID == context.caller.mcpConfig.id && state.server == server.name && !state.isRetired
        && (state.principal == nil || state.principal == context.caller.principal)
    }
  }

  /// `state` is that of the conversation that is doing best.
  var document: JSONValue {
    var document: JSONObject = ["state": .string(state), "conversations": .int(states.count { $0.phase == .ready })]
    let failed = states.filter { $0.phase == .failed }
    if let error = failed.compactMap(\.lastError).first { document["last_error"] = .string(error.publicText) }
    if let retryAt = failed.compactMap(\.retryAt).min() {
      document["retry_in_seconds"] = .number(JSONNumber(max(0, Double((retryAt - .now()).nanoseconds / 1_000_000) / 1000)))
    }
    return .object(document)
  }

  private var state: String {
    if states.contains(where: { $0.phase == .ready }) { return "connected" }
    if states.contains(where: { $0.phase == .starting }) { return "connecting" }
    return states.isEmpty ? "idle" : "failed"
  }
}
