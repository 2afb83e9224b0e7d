internal import Host
internal import JSON
internal import NIOCore

/// What each guardrail that judges in process costs for a KiB of text, by kind and length of the text. Through the gateway's plugin host, on its pool.
struct GuardrailCosts {
  let host: PluginHost
  let seconds: Double

  private struct Guardrail {
    var name: String
    var provider: String
    var config: JSONValue
  }

  private struct Text {
    var name: String
    var sentence: String
  }

  private static let sizes = [1 << 10, 64 << 10, 1 << 20]

  private static let guardrails: [Guardrail] = [
    Guardrail(name: "keywords, 10", provider: "custom_keyword", config: CheckMeasurement.Candidate.keywords(10).config),
    Guardrail(name: "keywords, 10,000", provider: "custom_keyword", config: CheckMeasurement.Candidate.keywords(10_000).config),
    Guardrail(
      name: "expressions, 3", provider: "custom_keyword",
      config: ["lists": [["patterns": [#"\bproj-\d{4}\b"#, #"(AKIA|ASIA)[A-Z2-7]{16}"#, #"internal use\s+only"#]]]]),
    Guardrail(
      name: "expressions, 100", provider: "custom_keyword",
      config: ["lists": [["patterns": .array((0..<100).map { .string("\\bterm\($0)[a-z]{2,8}-\\d+") })]]]),
    Guardrail(
      name: "redaction of 10 keywords", provider: "custom_keyword",
      config: [
        "lists": [["keywords": CheckMeasurement.Candidate.keywords(10).config["blocked_keywords"] ?? .array([]), "action": "redact"]]
      ]),
    Guardrail(name: "patterns, default", provider: "patterns", config: ["preset": "default"]),
    Guardrail(name: "patterns, injection", provider: "patterns", config: ["preset": "injection"]),
    Guardrail(name: "patterns, secrets", provider: "patterns", config: ["preset": "secrets"]),
  ]

  private static let texts: [Text] = [
    Text(name: "English", sentence: "The quick onyx goblin jumps over the lazy dwarf while five boxing wizards watch; "),
    Text(name: "Russian", sentence: "Съешь же ещё этих мягких французских булок, да выпей чаю; "),
    Text(name: "JSON", sentence: #"{"id":48213,"name":"blue kettle","tags":["kitchen","steel"],"price":29.95,"stock":true}, "#),
  ]

  func run() async throws {
    Output.print(
      "\n| µs/KiB | \(Self.texts.map { text in Self.sizes.map { "\(text.name), \(Self.words($0))" }.joined(separator: " | ") }.joined(separator: " | ")) |"
    )
    Output.print("|---|\(String(repeating: "---|", count: Self.texts.count * Self.sizes.count))")
    for guardrail in Self.guardrails {
      let instance = try await host.bind(
        BindingSpec(
          kind: .guardrail, bindingName: guardrail.name, provider: guardrail.provider, configJSON: guardrail.config.serialized(),
          mode: .inProcess))
      var cells: [String] = []
      for text in Self.texts {
        for size in Self.sizes { cells.append(Self.figure(try await cost(instance, text.sentence, size))) }
      }
      Output.print("| \(guardrail.name) | \(cells.joined(separator: " | ")) |")
      await instance.retire(deadline: .now() + .seconds(5))
    }
  }

  /// Microseconds a KiB, of the fastest of many checks.
  private func cost(_ instance: PluginInstance, _ sentence: String, _ size: Int) async throws -> Double {
    let text = Self.text(sentence, bytes: size)
    let request = GuardrailRequest(
      context: CallContext(), phase: .input, surface: "tools/call", server: "server", item: "tool", policyJSON: Array("{}".utf8),
      segments: [Segment(pointer: "/params/arguments/text", text: text)])
    _ = await instance.check(request, deadline: .now() + .seconds(60))
    var best = UInt64.max
    let end = MonotonicClock.now() + UInt64(seconds * 1e9)
    repeat {
      let start = MonotonicClock.now()
      switch await instance.check(request, deadline: .now() + .seconds(60)) {
      case .value(let verdict) where verdict.action == .allow: best = min(best, MonotonicClock.now() - start)
      case .value(let verdict): throw BenchError("\(instance.bindingName): \(verdict.action) of a text without a reason")
      case .refused: throw BenchError("\(instance.bindingName): refused")
      case .failed(let failure): throw BenchError("\(instance.bindingName): \(failure)")
      }
    } while MonotonicClock.now() < end
    return Double(best) / 1000 / (Double(text.utf8.count) / 1024)
  }

  /// Whole sentences, of about so many bytes.
  private static func text(_ sentence: String, bytes: Int) -> String {
    String(repeating: sentence, count: max(1, bytes / sentence.utf8.count))
  }

  private static func words(_ bytes: Int) -> String { bytes < 1 << 20 ? "\(bytes >> 10) KiB" : "\(bytes >> 20) MiB" }

  private static func figure(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return String(tenths)
  }
}
