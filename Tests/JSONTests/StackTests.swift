import Foundation
import Synchronization
import Testing

@testable import JSON

/// Everything that recurses, at its deepest, on the smallest stack that any of our threads has.
@Suite struct StackTests {
  @Test func `the deepest text and the deepest validation fit a small stack`() async throws {
    let nested = Array((String(repeating: "[{\"a\":", count: 256) + "1" + String(repeating: "}]", count: 256)).utf8)
    let json = try RawJSON(validating: nested, limits: .widest)
    let descending = try JSONSchema(
      parse(
        ##"{"anyOf":[{"not":{"not":{"items":{"$ref":"#"},"properties":{"a":{"$ref":"#"}},"patternProperties":{"b":true}}}}],"unevaluatedItems":true}"##
      ))
    let endless = try JSONSchema(parse(##"{"if":{"oneOf":[{"dependentSchemas":{"a":{"$ref":"#"}}}]},"unevaluatedProperties":true}"##))
    let instance = try parse(#"{"a":1}"#)
    let results = await onThread(stackBytes: 2 << 20) { () -> [Int] in
      let tree = json.value
      var texts = 0
      json.forEachText(base: "") { _ in texts += 1 }
      return [
        tree == json.value ? 1 : 0, Set([tree, json.value]).count, tree.serialized(pretty: true).count, texts, tree.canonical.weight,
        descending.validate(json).count, endless.validate(instance).count,
      ]
    }
    #expect(results[0...1] == [1, 1])
    #expect(results[3...] == [257, 513, 1, 1])
  }

  private func onThread<Result: Sendable>(stackBytes: Int, _ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      let thread = Thread { continuation.resume(returning: body()) }
      thread.stackSize = stackBytes
      thread.start()
    }
  }
}
