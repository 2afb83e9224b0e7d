import JSON
import Testing

@testable import Host

/// Damaged documents: whatever is read or refused, nothing crashes, and every refusal has a place.
@Suite struct ConfigFuzzTests {
  /// SplitMix64.
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var word = state
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      return word ^ (word >> 31)
    }
  }

  private static let documents = [ConfigFixture.generated212, ConfigFixture.style224, ConfigFixture.small(isDisabled: false)]

  private func read(_ bytes: [UInt8], _ label: String) -> Bool {
    do throws(ConfigError) {
      let (config, _) = try ConfigReader.read(bytes, file: "f", directory: "/d")
      _ = KeyDirectory(config, revision: 1)
      return true
    } catch {
      #expect(!error.problems.isEmpty, "\(label)")
      #expect(error.problems.allSatisfy { !$0.reason.isEmpty && JSONPointer($0.pointer) != nil }, "\(label)")
      return false
    }
  }

  @Test(arguments: 0..<UInt64(8)) func `bytes changed at random`(_ seed: UInt64) {
    var random = Seeded(state: seed)
    for round in 0..<150 {
      var bytes = Array(Self.documents[Int(random.next() % 3)].utf8)
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch random.next() % 4 {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 32...126, using: &random), at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1..<200, using: &random)))
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      _ = read(bytes, "seed \(seed) round \(round)")
    }
  }

  @Test(arguments: 0..<UInt64(8)) func `values exchanged at random`(_ seed: UInt64) throws {
    var random = Seeded(state: seed &+ 1000)
    let strange: [JSONValue] = [
      .null, true, 0, -1, 1e308, "", "x", "${env:", "\u{0}", [], [:], [[[:]]], "9223372036854775808",
      .number(try #require(JSONNumber(text: "9223372036854775808"))),
      ["x-a": 1], ["enabled": true], "sha256:", ["provider": "p"],
    ]
    var refused = 0
    for round in 0..<100 {
      let raw = try RawJSON(validating: Array(Self.documents[Int(random.next() % 3)].utf8))
      let mutated = mutate(raw.value, depth: Int.random(in: 1..<8, using: &random), strange, &random)
      if !read(mutated.serialized(), "seed \(seed) round \(round)") { refused += 1 }
    }
    #expect(refused > 0)
  }

  private func mutate(_ value: JSONValue, depth: Int, _ strange: [JSONValue], _ random: inout Seeded) -> JSONValue {
    let replacement = strange[Int(random.next() % UInt64(strange.count))]
    guard depth > 0 else { return replacement }
    switch value {
    case .object(var object) where !object.isEmpty:
      let name = object.keys[Int(random.next() % UInt64(object.count))]
      object[name] = mutate(object[name] ?? .null, depth: depth - 1, strange, &random)
      return .object(object)
    case .array(var array) where !array.isEmpty:
      let index = Int(random.next() % UInt64(array.count))
      array[index] = mutate(array[index], depth: depth - 1, strange, &random)
      return .array(array)
    default: return replacement
    }
  }

  @Test func `deep nesting is refused, not followed`() {
    let deep = String(repeating: "{\"a\":", count: 100_000) + "1" + String(repeating: "}", count: 100_000)
    #expect(problems(deep).map(\.reason) == ["not valid JSON: nested deeper than permitted"])
  }

  @Test func `suggestions stay cheap for long and strange words`() {
    let long = String(repeating: "enkrypt", count: 10_000)
    #expect(Suggestion.nearest(to: long, among: ["enkrypt"]) == nil)
    #expect(Suggestion.nearest(to: "", among: ["a"]) == nil)
    #expect(Suggestion.nearest(to: "sharring", among: ["sharing", "sandbox"]) == "sharing")
    #expect(Suggestion.nearest(to: "mcpConfigs", among: ["mcp_configs"]) == "mcp_configs")
    #expect(Suggestion.nearest(to: "zebra", among: ["sharing", "sandbox"]) == nil)
    #expect(Suggestion.editDistance(Array("ab".utf8), Array("ba".utf8)) == 1)
    #expect(Suggestion.editDistance(Array("".utf8), Array("abc".utf8)) == 3)
  }
}

@Suite struct GlobTests {
  @Test(arguments: [
    ("*", "", true), ("a*", "abc", true), ("*c", "abc", true), ("a?c", "abc", true), ("a?c", "ac", false), ("*b*", "abc", true),
    ("", "", true), ("", "a", false),
    ("delete_*", "undelete_x", false), ("*a*b*c", "xaybzc", true), ("*a*b*c", "xaybz", false), ("?", "é", true),
  ])
  func `patterns match whole names`(_ pattern: String, _ text: String, _ isMatch: Bool) {
    #expect(Glob.matches(pattern, text) == isMatch)
  }

  @Test func `a pattern of many stars does not explode`() {
    #expect(!Glob.matches(String(repeating: "*a", count: 200) + "b", String(repeating: "a", count: 2000)))
  }
}
