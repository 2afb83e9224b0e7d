import Foundation
import Testing

@testable import JSON

/// Mutated and random texts. A fixed seed and count in the suite; `FUZZ_SECONDS` runs longer, from `FUZZ_SEED` or from a seed that it prints.
@Suite struct FuzzTests {
  @Test func `no text breaks what reading promises`() throws {
    try Fuzzing.run(iterations: 20_000) { random in
      let text = FuzzTexts.text(&random)
      guard let json = try? RawJSON(validating: text) else { return false }
      try checkTree(json, text)
      try checkWalks(json, text)
      try checkEdit(json, text, &random)
      checkFoundation(json, text)
      return true
    }
  }

  @Test func `no schema breaks validation`() throws {
    try Fuzzing.run(iterations: 4_000) { random in
      let schemaText = FuzzTexts.mutated(FuzzTexts.pick(FuzzTexts.schemas, &random), &random)
      guard let schemaJSON = try? RawJSON(validating: schemaText), let schema = try? JSONSchema(schemaJSON) else { return false }
      for _ in 0..<4 {
        guard let instance = try? RawJSON(validating: FuzzTexts.text(&random)) else { continue }
        let violations = schema.validate(instance, maxSteps: 20_000)
        try #require(violations.count <= JSONSchema.maxViolations)
        for violation in violations { try #require(JSONPointer(violation.pointer) != nil, "\(FuzzTexts.show(schemaText))") }
      }
      return true
    }
  }

  @Test func `no pattern breaks matching`() throws {
    try Fuzzing.run(iterations: 10_000) { random in
      let source = FuzzTexts.pattern(&random)
      guard let pattern = try? Pattern(source) else { return false }
      var steps = 20_000
      let isMatch = pattern.matches(FuzzTexts.pattern(&random), steps: &steps)
      try #require(isMatch != nil || steps <= 0, "\(source)")
      return true
    }
  }

  /// What was accepted reads back the same after writing, compact and pretty.
  private func checkTree(_ json: RawJSON, _ text: [UInt8]) throws {
    let value = json.value
    for pretty in [false, true] {
      let written = value.serialized(pretty: pretty)
      try #require(try RawJSON(validating: written, limits: .widest).value == value, "\(FuzzTexts.show(text))")
    }
    let compacted = json.compacted()
    try #require(!compacted.bytes.contains(.lineFeed) && !compacted.bytes.contains(.carriageReturn), "\(FuzzTexts.show(text))")
    try #require(compacted.value == value, "\(FuzzTexts.show(text))")
  }

  /// Members, elements, lookups and texts agree with the tree.
  private func checkWalks(_ json: RawJSON, _ text: [UInt8]) throws {
    try #require(json.itemCount == Array(json.members).count + Array(json.elements).count, "\(FuzzTexts.show(text))")
    for (key, value) in json.members {
      guard let name = key.stringValue, !name.unicodeScalars.contains("\u{FFFD}") else { continue }
      try #require(json[name] == value, "\(FuzzTexts.show(text))")
    }
    for (index, element) in json.elements.enumerated() { try #require(json[index] == element, "\(FuzzTexts.show(text))") }
    try json.forEachText(base: "") { piece in
      try #require(
        (try RawJSON(validating: Array(piece.raw.bytes))).value == (piece.kind == .number ? piece.raw.value : .string(piece.text)))
      guard let pointer = JSONPointer(piece.pointer), !piece.pointer.unicodeScalars.contains("\u{FFFD}") else { return }
      let found = try #require(json[pointer], "\(FuzzTexts.show(text))")
      if piece.kind != .memberName { try #require(found.offset == piece.raw.offset, "\(FuzzTexts.show(text))") }
    }
  }

  /// Any one value may be replaced, and nothing else changes.
  private func checkEdit(_ json: RawJSON, _ text: [UInt8], _ random: inout SplitMix64) throws {
    var values: [JSONText] = []
    json.forEachText(base: "") { if $0.kind != .memberName { values.append($0) } }
    guard let target = values.randomElement(using: &random)?.raw else { return }
    let edited = try json.replacing([(target, Array("\"new\"".utf8))])
    let start = target.offset - json.offset
    let expected = json.bytes.prefix(start) + Array("\"new\"".utf8) + json.bytes.dropFirst(start + target.bytes.count)
    try #require(edited.bytes.elementsEqual(expected), "\(FuzzTexts.show(text))")
  }

  /// Foundation accepts whatever we accept, except numbers beyond a double and lone surrogates.
  private func checkFoundation(_ json: RawJSON, _ text: [UInt8]) {
    guard !Self.isKnownDifference(json) else { return }
    do {
      _ = try JSONSerialization.jsonObject(with: Data(json.bytes), options: .fragmentsAllowed)
    } catch {
      Issue.record("Foundation refuses \(FuzzTexts.show(text)): \(error)")
    }
  }

  private static func isKnownDifference(_ json: RawJSON) -> Bool {
    var isKnown = false
    json.forEachText(base: "") { text in
      switch text.kind {
      case .number: isKnown = isKnown || text.raw.doubleValue == nil
      case .string, .memberName: isKnown = isKnown || (text.text.unicodeScalars.contains("\u{FFFD}") && text.raw.bytes.contains(.backslash))
      }
    }
    return isKnown
  }
}
