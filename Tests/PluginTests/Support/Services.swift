import JSON
import PluginABI
import PluginTesting
import Synchronization
import Testing

/// A guardrail that asks a scripted service.
func asking(
  _ library: String, _ provider: String, _ config: JSONObject, _ service: @escaping @Sendable (FakeHost.Sent) -> FakeHost.Reply
) throws -> TestInstance {
  let host = FakeHost(expects: .verdict)
  host.state.withLock { $0.service = service }
  return try TestInstance(BuiltLibrary(name: library).open(), provider, config: JSONValue.object(config).serializedString(), host: host)
}

extension FakeHost.Sent {
  /// The body; the request has to have one.
  var json: JSONValue { (try? JSONValue(parsing: Array(body.utf8))) ?? .null }
  var path: String { String(url.dropFirst("https://service.example".count)) }
}

extension FakeHost.Reply {
  static func json(_ value: JSONValue) -> FakeHost.Reply { FakeHost.Reply(body: value.serializedString()) }
}

/// What a service may do instead of answering, and the status and words of the failure that has to come of it.
struct ServiceFailure: CustomTestStringConvertible, Sendable {
  var name: String
  var reply: FakeHost.Reply
  var status: smg_status
  var words: String
  var testDescription: String { name }

  static let all = [
    Self(name: "500", reply: .init(code: 500, body: #"{"summary":{}}"#), status: SMG_E_UNAVAILABLE, words: "HTTP 500"),
    Self(name: "503", reply: .init(code: 503), status: SMG_E_UNAVAILABLE, words: "HTTP 503"),
    Self(name: "401", reply: .init(code: 401, body: "{}"), status: SMG_E_INVALID, words: "check api_key"),
    Self(name: "403", reply: .init(code: 403, body: "{}"), status: SMG_E_INVALID, words: "check api_key"),
    Self(name: "404", reply: .init(code: 404, body: "{}"), status: SMG_E_INVALID, words: "check base_url"),
    Self(name: "422", reply: .init(code: 422, body: "{}"), status: SMG_E_INVALID, words: "HTTP 422"),
    Self(name: "204", reply: .init(code: 204), status: SMG_E_INVALID, words: "HTTP 204"),
    Self(name: "302", reply: .init(code: 302, headers: [("location", "/")]), status: SMG_E_INVALID, words: "HTTP 302"),
    Self(name: "no JSON", reply: .init(body: "<html>"), status: SMG_E_UNAVAILABLE, words: "not JSON"),
    Self(name: "cut off", reply: .init(body: #"{"summary": {"#), status: SMG_E_UNAVAILABLE, words: "not JSON"),
    Self(name: "empty", reply: .init(body: ""), status: SMG_E_UNAVAILABLE, words: "not JSON"),
    Self(name: "a number", reply: .init(body: "1"), status: SMG_E_UNAVAILABLE, words: "cannot be used"),
    Self(name: "a list", reply: .init(body: "[]"), status: SMG_E_UNAVAILABLE, words: "cannot be used"),
    Self(
      name: "down", reply: .init(body: "refused by 10.0.0.1", status: SMG_E_UNAVAILABLE), status: SMG_E_UNAVAILABLE, words: "refused by"),
    Self(name: "slow", reply: .init(body: "timed out", status: SMG_E_TIMEOUT), status: SMG_E_TIMEOUT, words: "timed out"),
    Self(name: "huge", reply: .init(body: "too large", status: SMG_E_INVALID), status: SMG_E_INVALID, words: "too large"),
  ]
}
