internal import CRE2
internal import PluginSDK

/// Regular expressions, looked for side by side in time that grows with the text and nothing else.
final class Expressions: Sendable {
  struct Source: Sendable {
    var text: String
    /// Where it stands in the configuration.
    var place: String
  }

  static let maxBytes = 4096
  /// Of one compiled expression, its cached states included.
  private static let maxMemory: Int64 = 1 << 20
  private static let maxSetMemory: Int64 = 16 << 20

  let sources: [Source]
  private nonisolated(unsafe) let expressions: [OpaquePointer]
  /// Tells in one pass which of them match at all.
  private nonisolated(unsafe) let set: OpaquePointer

  /// - Throws: `PluginError.invalid` with the place of an expression that is wrong.
  init(_ sources: [Source], isCaseSensitive: Bool) throws {
    let set = smg_re2_set_create(isCaseSensitive ? 1 : 0, Self.maxSetMemory)
    guard let set else { throw PluginError.unavailable("no memory for regular expressions") }
    var made: [OpaquePointer] = []
    do {
      for source in sources {
        made.append(try Self.compile(source, isCaseSensitive))
        let bytes = Array(source.text.utf8)
        guard bytes.withUnsafeBufferPointer({ smg_re2_set_add(set, $0.baseAddress, $0.count) }) == 1 else {
          throw PluginError.invalid("\(source.place): the expression cannot be looked for together with others")
        }
      }
      guard smg_re2_set_compile(set) == 1 else { throw PluginError.invalid("the patterns need too much memory together") }
    } catch {
      made.forEach(smg_re2_destroy)
      smg_re2_set_destroy(set)
      throw error
    }
    self.sources = sources
    self.set = set
    expressions = made
  }

  deinit {
    expressions.forEach(smg_re2_destroy)
    smg_re2_set_destroy(set)
  }

  private static func compile(_ source: Source, _ isCaseSensitive: Bool) throws -> OpaquePointer {
    let bytes = Array(source.text.utf8)
    guard (1...maxBytes).contains(bytes.count) else {
      throw PluginError.invalid("\(source.place): an expression of 1 to \(maxBytes) bytes is expected")
    }
    var reason = [CChar](repeating: 0, count: 256)
    let made = bytes.withUnsafeBufferPointer { pattern in
      reason.withUnsafeMutableBufferPointer {
        smg_re2_create(pattern.baseAddress, pattern.count, isCaseSensitive ? 1 : 0, maxMemory, $0.baseAddress, $0.count)
      }
    }
    guard let made else {
      let words = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw PluginError.invalid("\(source.place): \(words) (the syntax is RE2's)")
    }
    var (start, end) = (0, 0)
    guard smg_re2_find(made, nil, 0, 0, &start, &end) == 0 else {
      smg_re2_destroy(made)
      throw PluginError.invalid("\(source.place): the expression matches the empty text, and so everything")
    }
    return made
  }

  /// Which of them match somewhere in the text.
  func matching(_ text: UnsafeBufferPointer<UInt8>) -> [Int] {
    guard !text.isEmpty else { return [] }
    let count = expressions.count
    return withUnsafeTemporaryAllocation(of: Int32.self, capacity: count) { numbers in
      let found = smg_re2_set_match(set, text.baseAddress, text.count, numbers.baseAddress, count)
      // Without an answer for all together, each is asked for itself.
      guard found >= 0 else { return Array(0..<count) }
      return numbers.prefix(Int(found)).map(Int.init).sorted()
    }
  }

  /// The first match of one of them that begins at `position` or later.
  func find(_ expression: Int, in text: UnsafeBufferPointer<UInt8>, from position: Int) throws -> Range<Int>? {
    var (start, end) = (0, 0)
    switch smg_re2_find(expressions[expression], text.baseAddress, text.count, position, &start, &end) {
    case 1: return start..<max(start, end)
    case 0: return nil
    default: throw PluginError.unavailable("no memory for a regular expression")
    }
  }
}
