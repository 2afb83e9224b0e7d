internal import JSON
internal import MCP

/// What a server asks of a client that makes the call again itself, and what the client has to carry for that.
package struct RoundAtClient: Sendable {
  let asked: InputRequired
  let repetition: Repetition
}

/// How far a call has come whose client is asked between its exchanges (2026-07-28): what the client carries from one to the next, and the gateway forgets.
struct Repetition: Sendable {
  struct Asked: Sendable, Equatable {
    /// The server's name for it.
    let key: String
    let method: String
  }

  /// The server that asked, by its name in the configuration.
  let server: String
  /// Rounds of questions so far.
  let rounds: Int
  let asked: [Asked]
  /// The server's own `requestState`, a string.
  let state: RawJSON?
  /// The answers say only that the call may be made again: they are for the gateway, and the server gets none.
  let isConsent: Bool
  /// What the client answered, by key; an object each.
  var answers: [(asked: Asked, answer: RawJSON)] = []

  init(server: String, rounds: Int, asked: [Asked], state: RawJSON?, isConsent: Bool) {
    self.server = server
    self.rounds = rounds
    self.asked = asked
    self.state = state
    self.isConsent = isConsent
  }

  /// The client's name for one of the questions.
  static func key(_ index: Int) -> String { "q\(index + 1)" }

  /// Takes the answers to what was asked; others go nowhere.
  mutating func take(_ responses: RawJSON?) throws(RPCError) {
    for (index, question) in asked.enumerated() {
      guard let answer = responses?[Self.key(index)] else { continue }
      guard answer.kind == .object else { throw .invalidParams("each of inputResponses must be an object.") }
      answers.append((question, answer))
    }
  }

  // MARK: As the client carries it

  func write(into writer: inout JSONWriter) {
    writer.member("server", server)
    writer.member("rounds", rounds)
    if isConsent { writer.member("consent", true) }
    if let state { writer.member("state", state) }
    writer.key("asked")
    writer.object { object in
      for question in asked {
        object.key(question.key)
        object.string(question.method)
      }
    }
  }

  init?(_ raw: RawJSON) {
    guard let server = raw["server"]?.stringValue, let rounds = raw["rounds"]?.intValue, let asked = raw["asked"] else { return nil }
    self.init(
      server: server, rounds: rounds,
      asked: asked.members.compactMap { key, method in
        guard let key = key.stringValue, let method = method.stringValue else { return nil }
        return Asked(key: key, method: method)
      }, state: raw["state"], isConsent: raw["consent"]?.boolValue ?? false)
  }
}
