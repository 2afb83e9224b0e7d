import Foundation
import Testing

@testable import JSON

/// Runs a body many times with one seeded source of randomness. The body says whether its input was accepted; too few of them would test nothing.
enum Fuzzing {
  static func run(iterations: Int, _ body: (inout SplitMix64) throws -> Bool) throws {
    var runs = 0
    var accepted = 0
    defer { #expect(accepted * 10 > runs, "only \(accepted) of \(runs) inputs were accepted") }
    let environment = ProcessInfo.processInfo.environment
    guard let seconds = environment["FUZZ_SECONDS"].flatMap(Double.init) else {
      var random = SplitMix64(seed: 20_260_728)
      for _ in 0..<iterations { try count(&runs, &accepted, body(&random)) }
      return
    }
    let seed = environment["FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0...UInt64.max)
    print("FUZZ_SEED=\(seed)")
    var random = SplitMix64(seed: seed)
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
      for _ in 0..<100 { try count(&runs, &accepted, body(&random)) }
    }
  }

  private static func count(_ runs: inout Int, _ accepted: inout Int, _ isAccepted: Bool) {
    runs += 1
    accepted += isAccepted ? 1 : 0
  }
}

/// A small generator with a seed: the same texts on every machine.
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Texts for the fuzz tests.
enum FuzzTexts {
  static let documents = [
    #"{"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"get","arguments":{"q":"a\"b\\c\u00e9","n":[1,2.5,-3e10,true,false,null]}}}"#,
    " [ { \"a\" : [ ] , \"b\" : { } } ,\r\n\t\"é€😀\" , \"\\ud83d\\ude00\\n\" , 0 , -0.0e-0 ] ",
    #"{"a":{"b":{"c":{"d":[[[[["x"]]]]]}}},"":"","a/b~c":1,"\u0061a":2}"#, "\"plain text that is longer than eight bytes\"",
    "1234567890123456789012345678901234567890",
    "{" + (0..<12).map { "\"key\($0)\":\"value number \($0)\"" }.joined(separator: ",") + "}",
    "[" + repeatElement("[]", count: 40).joined(separator: ",") + "]",
    // Around the length from which the scanner remembers where a value ends.
    "{" + (124..<130).map { "\"s\($0)\":\"" + String(repeating: "x", count: $0) + "\",\"n\($0)\":[\($0)]" }.joined(separator: ",") + "}",
    #"{"a":[{"b":["#
      + (0..<4).map { "{\"c\($0)\":[\"" + String(repeating: "[{\\\"", count: 32) + "\",{\"d\":\($0)}],\"e\":[\($0)]}" }.joined(
        separator: ", ")
      + #"],"f":1},2],"g":{"h":"i"}}"#,
  ]

  static let schemas = SchemaCase.all.map(\.schema)

  private static let fragments = [
    "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "\r", "\t", "0", "-", ".", "e", "E+", "1", "\\u", "\\ud800", "\\udc00", "\\u0061",
    "\"a\"", "\"a\":1", "null",
    "true", "é", "😀", "\u{0}", "\u{1F}", "\u{FEFF}", "[[[[[[[[", "]]]]]]]]", "{\"a\":", "12345678", "1e999", "\"\\\"\"",
  ].map { Array($0.utf8) }

  /// A mutated document, or now and then noise.
  static func text(_ random: inout SplitMix64) -> [UInt8] {
    if UInt8.random(in: 0..<16, using: &random) == 0 {
      return (0..<Int.random(in: 0..<64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    return mutated(pick(documents, &random), &random)
  }

  static func mutated(_ document: String, _ random: inout SplitMix64) -> [UInt8] {
    var text = Array(document.utf8)
    for _ in 0..<Int.random(in: 0..<5, using: &random) { mutate(&text, &random) }
    return text
  }

  private static func mutate(_ text: inout [UInt8], _ random: inout SplitMix64) {
    let place = Int.random(in: 0...text.count, using: &random)
    let end = min(text.count, place + Int.random(in: 0..<12, using: &random))
    switch UInt8.random(in: 0..<6, using: &random) {
    case 0: text.insert(contentsOf: fragments.randomElement(using: &random) ?? [], at: place)
    case 1: text.removeSubrange(place..<end)
    case 2: if place < text.count { text[place] = UInt8.random(in: 0...255, using: &random) }
    case 3: if place < text.count { text[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 4: text.insert(contentsOf: Array(text[place..<end]), at: Int.random(in: 0...text.count, using: &random))
    default: text.replaceSubrange(place..<end, with: fragments.randomElement(using: &random) ?? [])
    }
  }

  static func pattern(_ random: inout SplitMix64) -> String {
    let parts = [
      "a", "b", "é", ".", "*", "+", "?", "{2}", "{1,3}", "{,", "(", ")", "(?:", "|", "[", "]", "[^", "-", "^", "$", "\\d", "\\W", "\\b",
      "\\B", "\\p{L}", "\\u0061", "\\", "a-z", "😀",
      "\n", "{", "}",
    ]
    return (0..<Int.random(in: 0..<12, using: &random)).map { _ in pick(parts, &random) }.joined()
  }

  static func pick(_ texts: [String], _ random: inout SplitMix64) -> String { texts.randomElement(using: &random) ?? "" }

  static func show(_ text: [UInt8]) -> String { String(decoding: text, as: UTF8.self).debugDescription }
}
