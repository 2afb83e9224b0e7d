internal import JSON
internal import MCP
internal import NIOCore

/// What a `requestState` of the gateway stands for (2026-07-28).
enum RequestState: Sendable {
  /// A call that waits in this process for its client's answers. Good for one use.
  case held(ticket: String)
  /// A call of which nothing is kept here.
  case repeated(Repetition)
}

/// Writes and reads `requestState`: sealed, so that a client can neither read nor make one, bound to its caller and request, and good for a while only.
package struct StateSeal: Sendable {
  private let key: SealingKey
  /// Unix time in seconds.
  private let now: @Sendable () -> Int

  package init(key: SealingKey = SealingKey(), now: @escaping @Sendable () -> Int = { Int(WallClock.nowUnixNanoseconds() / 1_000_000_000) })
  {
    self.key = key
    self.now = now
  }

  /// One answer for all that is wrong with a state, so that nothing can be found out by trying.
  static let refusal = RPCError.invalidParams(
    "requestState is not valid here: it was changed, has expired or was used before, or belongs to another request or caller. "
      + "Make the call again without it.")

  func seal(_ state: RequestState, lifetime: TimeAmount, for binding: StateBinding) -> String {
    var writer = JSONWriter()
    writer.object { object in
      // Whole seconds, and at least one.
      object.member("expires", now() + 1 + Int(max(0, lifetime.nanoseconds) / 1_000_000_000))
      switch state {
      case .held(let ticket): object.member("ticket", ticket)
      case .repeated(let repetition): repetition.write(into: &object)
      }
    }
    return Base64URL.encode(key.seal(writer.bytes, for: binding.bytes))
  }

  func open(_ text: String, for binding: StateBinding) throws(RPCError) -> RequestState {
    guard text.utf8.count <= Limits.Bridge.maxStateBytes, let sealed = Base64URL.decode(text),
      let bytes = key.open(sealed, for: binding.bytes)
    else { throw Self.refusal }
    let raw: RawJSON
    do throws(JSONError) { raw = try RawJSON(validating: bytes) } catch { throw Self.refusal }
    guard let expires = raw["expires"]?.intValue, expires > now() else { throw Self.refusal }
    if let ticket = raw["ticket"]?.stringValue { return .held(ticket: ticket) }
    guard let repetition = Repetition(raw) else { throw Self.refusal }
    return .repeated(repetition)
  }
}

/// Whose state it is, and for which request: the same caller, place, method and params, whatever the order of their members. `_meta` may differ, since it
/// concerns one exchange.
struct StateBinding: Sendable {
  let bytes: [UInt8]

  init(_ call: Request, _ caller: Caller, _ context: RequestContext) {
    self.init(call, principal: caller.principal, view: context.view)
  }

  init(_ call: Request, principal: String, view: ServerView) {
    var params: [(String, JSONValue)] = []
    for (key, value) in call.params?.members ?? RawJSON(.object([:])).members {
      guard let name = key.stringValue, !InputRequired.retryMembers.contains(name), name != "_meta" else { continue }
      params.append((name, value.value.sorted))
    }
    let view: JSONValue = if case .server(let name) = view { .string(name) } else { .null }
    let parts: JSONValue = [
      "requestState 1", .string(principal), view, .string(call.method),
      .array(params.sorted { $0.0 < $1.0 }.map { [.string($0.0), $0.1] }),
    ]
    bytes = parts.serialized()
  }
}

extension JSONValue {
  /// The same with the members of every object in one order.
  fileprivate var sorted: JSONValue {
    switch self {
    case .array(let elements): return .array(elements.map(\.sorted))
    case .object(let object):
      var result = JSONObject()
      for (name, value) in object.sorted(by: { $0.key < $1.key }) { result[name] = value.sorted }
      return .object(result)
    default: return self
    }
  }
}
