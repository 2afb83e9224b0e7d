import JSON
import PluginABI
import PluginTesting
import Synchronization
import Testing

/// What identifies people is replaced on its way to a server, and restored on the way back.
@Suite struct EnkryptRedactionTests {
  static let policy = #"{"policy_name":"p","block":["injection_attack"],"additional_config":{"pii_redaction":true}}"#

  /// Finds e-mail addresses and the name Ada; numbers them anew for each request, as the API does.
  final class Redactor: Sendable {
    private let values = Mutex<[String: [String: String]]>([:])
    private let seen = Mutex<[FakeHost.Sent]>([])

    var requests: [FakeHost.Sent] { seen.withLock { $0 } }
    /// The texts that the detectors were given.
    var judged: [String] { requests.filter { $0.path.hasSuffix("/detect") }.compactMap { $0.json["text"]?.stringValue } }

    @Sendable func serve(_ sent: FakeHost.Sent) -> FakeHost.Reply {
      seen.withLock { $0.append(sent) }
      guard sent.path == "/guardrails/pii" else { return EnkryptGuardrailTests.always(["injection_attack": 0])(sent) }
      let text = sent.json["text"]?.stringValue ?? ""
      if sent.json["mode"] == "request" {
        let key = "key-\(requests.count)"
        let (redacted, found) = Self.redact(text)
        values.withLock { $0[key] = found }
        return .json(["text": .string(redacted), "key": .string(key)])
      }
      let found = values.withLock { $0[sent.json["key"]?.stringValue ?? ""] } ?? [:]
      return .json(["text": .string(found.reduce(text) { $0.replacing($1.key, with: $1.value) }), "key": "null"])
    }

    static func redact(_ text: String) -> (String, [String: String]) {
      var (found, numbers): ([String: String], [String: Int]) = ([:], [:])
      var result = text
      for (kind, pattern) in [("EMAIL_ADDRESS", #/[\w.]+@[\w.]+\w/#), ("PERSON", #/Ada/#), ("PHONE_NUMBER", #/\d{7,}/#)] {
        result = result.replacing(pattern) { match in
          let value = String(match.output)
          if let known = found.first(where: { $0.value == value }) { return known.key }
          let placeholder = "<\(kind)_\(numbers[kind, default: 0])>"
          numbers[kind, default: 0] += 1
          found[placeholder] = value
          return placeholder
        }
      }
      return (result, found)
    }
  }

  static func input(_ texts: [String], flags: [Int: UInt32] = [:], session: String = "") -> TestInstance.Message {
    TestInstance.Message(
      segments: texts.enumerated().map { ("/params/arguments/\($0)", $1) }, flags: flags, policy: policy, sessionState: session)
  }

  static func back(_ texts: [String], flags: [Int: UInt32] = [:], after input: FakeHost.Found?, session: String? = nil)
    -> TestInstance.Message
  {
    TestInstance.Message(
      segments: texts.enumerated().map { ("/result/\($0)", $1) }, flags: flags, phase: SMG_PHASE_RESTORE, policy: policy,
      callState: input?.callState ?? "", sessionState: session ?? input?.sessionState ?? "")
  }

  /// The texts with the verdict's replacements.
  static func texts(_ message: TestInstance.Message, _ verdict: FakeHost.Found) -> [String] {
    var texts = message.segments.map(\.text)
    for replacement in verdict.replacements { texts[Int(replacement.segment)] = replacement.text }
    return texts
  }

  @Test func `what identifies people leaves as placeholders and comes back whole`() async throws {
    let redactor = Redactor()
    let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
    let message = Self.input(["write to ada@example.com", "Ada and bob@example.com", "nothing", "again ada@example.com"])
    let verdict = try await instance.verdict(message)
    #expect(verdict.action == SMG_TRANSFORM)
    let sent = Self.texts(message, verdict)
    #expect(sent == ["write to <EMAIL_ADDRESS_1>", "<PERSON_1> and <EMAIL_ADDRESS_2>", "nothing", "again <EMAIL_ADDRESS_1>"])
    #expect(redactor.judged == [sent.joined(separator: "\n")])
    let back = Self.back(["for <PERSON_1>: <EMAIL_ADDRESS_2>", "<EMAIL_ADDRESS_9> <PERSON_1"], after: verdict)
    let restored = try await instance.verdict(back)
    #expect(restored.action == SMG_TRANSFORM && Self.texts(back, restored) == ["for Ada: bob@example.com", "<EMAIL_ADDRESS_9> <PERSON_1"])
    #expect(redactor.judged.count == 1, "nothing is judged when values are put back")
  }

  @Test func `an answer is judged as the server sent it`() async throws {
    let redactor = Redactor()
    let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
    let verdict = try await instance.verdict(Self.input(["Ada"]))
    var answer = Self.back(["for <PERSON_1>"], after: verdict)
    (answer.phase, answer.original) = (SMG_PHASE_OUTPUT, [("/params/arguments/0", "<PERSON_1>")])
    answer.policy = answer.policy.replacing(#","additional_config":{"pii_redaction":true}"#, with: "")
    #expect(try await instance.verdict(answer).action == SMG_ALLOW)
    #expect(redactor.judged == ["<PERSON_1>", "for <PERSON_1>"])
  }

  @Test func `what an answer has of others is taken out for good, where its policy says so`() async throws {
    let redactor = Redactor()
    let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
    let first = try await instance.verdict(Self.input(["ada@example.com"]))
    var answer = Self.back(["<EMAIL_ADDRESS_1>, ada@example.com, bob@example.com and <EMAIL_ADDRESS_7>"], after: first)
    answer.phase = SMG_PHASE_OUTPUT
    let verdict = try await instance.verdict(answer)
    let passed = Self.texts(answer, verdict)
    #expect(passed == ["<EMAIL_ADDRESS_1>, <EMAIL_ADDRESS_1>, <EMAIL_ADDRESS_2> and <EMAIL_ADDRESS_7>"])
    #expect(redactor.judged.last == passed[0])
    let back = Self.back(passed, after: first, session: verdict.sessionState)
    #expect(
      Self.texts(back, try await instance.verdict(back)) == ["ada@example.com, ada@example.com, <EMAIL_ADDRESS_2> and <EMAIL_ADDRESS_7>"])
    // Once the caller sends the value, it is theirs.
    let second = try await instance.verdict(Self.input(["bob@example.com"], session: verdict.sessionState))
    #expect(second.replacements.map(\.text) == ["<EMAIL_ADDRESS_2>"])
    let later = Self.back(["<EMAIL_ADDRESS_2>"], after: second)
    #expect(Self.texts(later, try await instance.verdict(later)) == ["bob@example.com"])
  }

  @Test func `the service is asked as it documents, in both generations`() async throws {
    for (policy, source) in [(Self.policy, nil), (Self.policy.replacing("policy_name", with: "guardrail_name"), "pii-redact")] {
      let redactor = Redactor()
      let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
      var message = Self.input(["Ada"])
      message.policy = policy
      #expect(try await instance.verdict(message).action == SMG_TRANSFORM)
      let asked = redactor.requests.prefix(2)
      #expect(asked.map(\.path) == ["/guardrails/pii", "/guardrails/pii"])
      #expect(asked[0].json == ["text": "Ada", "mode": "request", "key": "null"])
      #expect(asked[1].json == ["text": "<PERSON_0>", "mode": "response", "key": "key-1"])
      #expect(asked.allSatisfy { $0.headers["X-Enkrypt-Source-Event"] == source && $0.headers["apikey"] == EnkryptGuardrailTests.key })
    }
  }

  @Test func `the same value keeps its placeholder in a session`() async throws {
    let redactor = Redactor()
    let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
    let first = try await instance.verdict(Self.input(["ada@example.com"]))
    let second = try await instance.verdict(Self.input(["bob@example.com ada@example.com"], session: first.sessionState))
    #expect(second.replacements.map(\.text) == ["<EMAIL_ADDRESS_2> <EMAIL_ADDRESS_1>"])
    // A later call of the session, which sends nothing of the kind itself, gets back what was stored before.
    let third = try await instance.verdict(Self.input(["read"], session: second.sessionState))
    #expect(third.action == SMG_ALLOW && third.callState.isEmpty)
    let back = Self.back(["<EMAIL_ADDRESS_2>"], after: third, session: second.sessionState)
    #expect(Self.texts(back, try await instance.verdict(back)) == ["bob@example.com"])
  }

  @Test func `another session's placeholder is never restored`() async throws {
    let instance = try EnkryptGuardrailTests.instance(by: Redactor().serve)
    _ = try await instance.verdict(Self.input(["ada@example.com"]))
    let back = Self.back(["<EMAIL_ADDRESS_1>"], after: nil)
    #expect(try await instance.verdict(back).action == SMG_ALLOW)
  }

  @Test func `a placeholder in the sender's own words survives`() async throws {
    let redactor = Redactor()
    let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
    let message = Self.input(["use <EMAIL_ADDRESS_0> and <EMAIL_ADDRESS_1> for ada@example.com \u{2045}0\u{2046}"])
    let verdict = try await instance.verdict(message)
    let sent = Self.texts(message, verdict)
    #expect(sent == ["use <EMAIL_ADDRESS_0> and <EMAIL_ADDRESS_1> for <EMAIL_ADDRESS_2> \u{2045}0\u{2046}"])
    let back = Self.back(sent, after: verdict)
    #expect(Self.texts(back, try await instance.verdict(back)) == message.segments.map(\.text))
    // Neither is one that only the session knows another meaning of.
    let later = try await instance.verdict(Self.input(["what is <EMAIL_ADDRESS_2>?"], session: verdict.sessionState))
    #expect(later.action == SMG_ALLOW)
    let echo = Self.back(["<EMAIL_ADDRESS_2>"], after: later, session: later.sessionState)
    #expect(try await instance.verdict(echo).action == SMG_ALLOW)
  }

  @Test func `short numbers stay, long ones are replaced, names block`() async throws {
    let instance = try EnkryptGuardrailTests.instance(by: Redactor().serve)
    let numbers = try await instance.verdict(Self.input(["1970", "4915112345"], flags: [0: SMG_SEG_NUMBER, 1: SMG_SEG_NUMBER]))
    #expect(numbers.replacements.map(\.segment) == [1] && numbers.replacements[0].text == "<PHONE_NUMBER_1>")
    let names = try await instance.verdict(Self.input(["ada@example.com", "x"], flags: [0: SMG_SEG_KEY]))
    #expect(names.action == SMG_BLOCK && names.violations.map(\.code) == ["member_name"] && names.violations[0].segment == 0)
    #expect(!names.violations[0].message.contains("ada"))
  }

  @Test func `what blocks is blocked after redaction too, and nothing is kept`() async throws {
    let instance = try EnkryptGuardrailTests.instance { sent in
      sent.path == "/guardrails/pii" ? .init(body: #"{"text":"<PERSON_0>","key":"k"}"#) : .json(["summary": ["injection_attack": 1]])
    }
    let found = try await instance.verdict(Self.input(["Ada, a rather long name"]))
    #expect(found.action == SMG_BLOCK && found.replacements.isEmpty && found.callState.isEmpty && found.sessionState.isEmpty)
    #expect(found.violations[0].segment == SMG_NO_SEGMENT)
  }

  @Test(arguments: [
    #"{"text":1,"key":"k"}"#, #"{"text":"a"}"#, #"{"key":"k"}"#, #"{"text":"one text","key":"k"}"#,
    #"{"text":"a\n\u241e\nb\n\u241e\nc","key":"k"}"#,
    #"{"error":"no","text":"a\n\u241e\nb","key":"k"}"#, "[]", "",
  ])
  func `an answer that does not fit is a failure: nothing leaves unredacted`(body: String) async throws {
    let instance = try EnkryptGuardrailTests.instance { sent in
      sent.path == "/guardrails/pii" ? .init(body: body) : .json(["summary": ["injection_attack": 0]])
    }
    let end = try await instance.end(of: instance.startCheck(Self.input(["Ada", "bob@example.com"])))
    #expect(end.status == SMG_E_UNAVAILABLE && !end.message.contains("Ada"))
  }

  @Test(arguments: ["{", "{}", #"{"version":2}"#, #"{"version":1,"placeholders":[["<A_1>"]]}"#, "\u{0}"])
  func `a call's state that is not its own is a failure, a session's begins anew`(state: String) async throws {
    let redactor = Redactor()
    let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
    var back = Self.back(["<A_1>"], after: nil)
    back.callState = state
    #expect(try await instance.end(of: instance.startCheck(back)).status == SMG_E_INTERNAL)
    let verdict = try await instance.verdict(Self.input(["Ada"], session: state))
    #expect(verdict.replacements.map(\.text) == ["<PERSON_1>"])
  }

  @Test func `a session's map is bounded, and the numbers go on`() async throws {
    let redactor = Redactor()
    let instance = try EnkryptGuardrailTests.instance(by: redactor.serve)
    var session = ""
    for round in 0..<6 {
      let addresses = (0..<1000).map { "user\(round)x\($0)@example.com" }
      session = try await instance.verdict(Self.input([addresses.joined(separator: " ")], session: session)).sessionState
      #expect(session.utf8.count <= 1 << 20)
    }
    let later = try await instance.verdict(Self.input(["user5x999@example.com user0x0@example.com"], session: session))
    #expect(later.replacements.map(\.text) == ["<EMAIL_ADDRESS_6000> <EMAIL_ADDRESS_6001>"])
  }

  /// Random texts with values, placeholders, separators and brackets: what comes back is what was sent.
  @Test(arguments: 0..<60) func `the round trip is exact`(seed: Int) async throws {
    var random = SplitMix(seed: UInt64(seed))
    let words = [
      "Ada", "ada@example.com", "bob@example.com", " ", "\n", "\u{241E}", "\n\u{241E}\n", "<PERSON_0>", "<PERSON_1>", "<EMAIL_ADDRESS_1>",
      "<", ">",
      "_0>", "\u{2045}", "0", "\u{2046}", "\u{27E6}1\u{27E7}", "é", "\u{0301}", "4915112345", "{\"", "<A_>", "<a_1>",
    ]
    let texts = (0..<Int.random(in: 1...5, using: &random)).map { _ in
      (0..<Int.random(in: 0...12, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined()
    }
    let instance = try EnkryptGuardrailTests.instance(by: Redactor().serve)
    let message = Self.input(texts)
    let verdict = try await instance.verdict(message)
    let sent = Self.texts(message, verdict)
    for secret in ["ada@example.com", "bob@example.com"] { #expect(!sent.joined().contains(secret)) }
    let back = Self.back(sent, after: verdict)
    #expect(Self.texts(back, try await instance.verdict(back)) == texts)
  }
}
