/// Why a run ends without figures. A wrong answer is one: a broken gateway must not look fast.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }

  /// A failed system call, with the reason of `errno`.
  static func system(_ call: String) -> BenchError { BenchError("\(call): \(SystemText.lastError)") }
}
