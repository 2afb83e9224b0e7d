import Foundation
import JSON
import NIOCore
import Testing

@testable import Host

/// A forbidden word in random messages, hidden in the ways that JSON and Unicode offer: through the real reading of messages and the real guardrail.
@Suite struct ForbiddenWordTests {
  /// Random numbers that a seed repeats.
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }
    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
  }

  private static let word = "forbidden"
  private static let number = "31337"
  private static let decent = ["fine", "a day", "é", "漢字", "😀", "", "for bid", "31338", "x/y~z", "tab\there", "\"quoted\"", "back\\slash"]

  // MARK: Random JSON

  /// The text of a random value. `hidden` stands in one of its places.
  private static func value(_ random: inout Random, depth: Int, hidden: String?) -> String {
    guard depth > 0 else { return hidden ?? leaf(&random) }
    let count = 1 + random.below(4)
    let lucky = random.below(count)
    let isObject = random.below(2) == 0
    let members = (0..<count).map { index in
      let inner = value(&random, depth: index == lucky ? depth - 1 : random.below(depth), hidden: index == lucky ? hidden : nil)
      return isObject ? "\(string("k\(index)\(random.pick(decent))"))\(space(&random)):\(inner)" : inner
    }
    return isObject ? "{\(members.joined(separator: ","))}" : "[\(members.joined(separator: ",\(space(&random))"))]"
  }

  private static func space(_ random: inout Random) -> String { random.pick(["", " ", "\n  ", "\t"]) }
  private static func leaf(_ random: inout Random) -> String {
    random.pick(["null", "true", "1", "-2.5e3", string(random.pick(decent))])
  }
  private static func string(_ text: String) -> String { JSONValue.string(text).serializedString() }

  // MARK: Disguises

  /// The word as letters that look or count as it.
  private static func disguised(_ random: inout Random) -> String {
    let letters = word.unicodeScalars.map { $0.value }
    func mapped(_ offset: UInt32) -> String { String(String.UnicodeScalarView(letters.compactMap { Unicode.Scalar($0 - 97 + offset) })) }
    switch random.below(8) {
    case 0: return mapped(0xFF41)  // full width
    case 1: return mapped(0x1D41A)  // mathematical bold
    case 2: return mapped(0x24D0)  // in circles
    case 3: return word.map { String($0) }.joined(separator: random.pick(["\u{200B}", "\u{200D}", "\u{00AD}", "\u{2060}", "\u{FEFF}"]))
    case 4: return word.map { "\($0)\u{0335}" }.joined()
    case 5: return word.uppercased()
    case 6: return String(word.map { random.below(2) == 0 ? $0 : Character($0.uppercased()) })
    default: return word
    }
  }

  /// As a JSON string, with some of its characters as escapes.
  private static func escaped(_ text: String, _ random: inout Random) -> String {
    var source = "\""
    for unit in text.utf16 {
      let isPlain = (0x20..<0x7F).contains(unit) && unit != 0x22 && unit != 0x5C
      let digits = String(unit, radix: 16)
      let padded = String(repeating: "0", count: 4 - digits.count) + (random.below(2) == 0 ? digits : digits.uppercased())
      source += isPlain && random.below(2) == 0 ? String(UnicodeScalar(UInt8(unit))) : "\\u\(padded)"
    }
    return source + "\""
  }

  private static func around(_ text: String, _ random: inout Random) -> String {
    random.pick(["", "a ", "é-", "\n"]) + text + random.pick(["", " b", ".", "\n"])
  }

  /// A value that holds the word in one way or another.
  private static func hidden(_ random: inout Random) -> String {
    switch random.below(6) {
    case 0: return string(around(disguised(&random), &random))
    case 1: return escaped(around(disguised(&random), &random), &random)
    case 2: return "{\(escaped(disguised(&random), &random)):\(leaf(&random))}"
    case 3: return random.pick(["", "-"]) + number + random.pick(["", ".5", "e1"])
    case 4: return "{\"a\":{\"b\":[\(leaf(&random)),\(escaped(disguised(&random), &random))]}}"
    default:
      // JSON inside a string, up to three deep.
      var text = value(&random, depth: random.below(3), hidden: escaped(disguised(&random), &random))
      for _ in 0...random.below(3) { text = random.below(2) == 0 ? string(text) : escaped(text, &random) }
      return text
    }
  }

  // MARK: Trials

  private static func bench() async throws -> (Bench, PluginInstance) {
    let bench = try await Bench([])
    let library = URL(fileURLWithPath: Bench.gateway).deletingLastPathComponent().appendingPathComponent("libKeywordGuardrail.so")
    try FileManager.default.copyItem(at: library, to: URL(fileURLWithPath: bench.path("KeywordGuardrail")))
    let config = #"{"blocked_keywords":["forbidden","31337"]}"#
    return (bench, try await bench.guardrail(config: config, name: "custom_keyword"))
  }

  private static func verdict(_ instance: PluginInstance, _ message: RawJSON, _ phase: GuardrailPhase) async -> PluginReply<Verdict> {
    let context = CallContext(
      requestID: "r", traceparent: "", principal: "p", session: "", projectID: "", userID: "", configID: "")
    let screened = ScreenedMessage(
      message, base: phase == .output ? "/result" : "/params/arguments", binary: phase == .output ? BinaryContent(of: "tools/call") : nil)
    let request = GuardrailRequest(context: context, phase: phase, surface: "tools/call", segments: screened.segments)
    return await instance.check(request, deadline: .now() + .seconds(30))
  }

  @Test func `a forbidden word is found, whatever the encoding`() async throws {
    let (bench, instance) = try await Self.bench()
    for seed in 1...1500 {
      var random = Random(state: UInt64(seed))
      let depth = random.below(4)
      let source = Self.value(&random, depth: depth, hidden: Self.hidden(&random))
      let message: RawJSON
      // A message that is refused brings nothing anywhere.
      do { message = try RawJSON(validating: Array(source.utf8)) } catch { continue }
      let reply = await Self.verdict(instance, message, random.pick([.input, .output]))
      guard case .value(let verdict) = reply else {
        Issue.record("no verdict on message \(seed): \(reply)")
        continue
      }
      #expect(verdict.action == .block, "message \(seed) hides the word: \(source)")
    }
    await bench.end()
  }

  @Test func `messages without one pass`() async throws {
    let (bench, instance) = try await Self.bench()
    for seed in 1...500 {
      var random = Random(state: UInt64(seed))
      var source = Self.value(&random, depth: 1 + random.below(3), hidden: nil)
      if random.below(3) == 0 { source = "{\"nested\":\(Self.escaped(source, &random))}" }
      let message = try RawJSON(validating: Array(source.utf8))
      guard case .value(let verdict) = await Self.verdict(instance, message, .input) else {
        Issue.record("no verdict on message \(seed)")
        continue
      }
      #expect(verdict.action == .allow, "message \(seed) is decent: \(source)")
    }
    await bench.end()
  }

  @Test func `generated messages are JSON but for a few`() {
    let refused = (1...1500).count { seed in
      var random = Random(state: UInt64(seed))
      let depth = random.below(4)
      let source = Self.value(&random, depth: depth, hidden: Self.hidden(&random))
      do {
        _ = try RawJSON(validating: Array(source.utf8))
        return false
      } catch { return true }
    }
    #expect(refused < 15)
  }
}
