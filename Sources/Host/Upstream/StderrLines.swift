/// Cuts a child's standard error into lines of bounded length, in whatever pieces it arrives. Empty lines are skipped.
struct StderrLines {
  struct Line: Equatable {
    var bytes: [UInt8]
    /// The line was longer than this.
    var isCut: Bool
  }

  private let maxBytes: Int
  private var current: [UInt8] = []
  private var isSkipping = false

  init(maxBytes: Int) { self.maxBytes = maxBytes }

  /// Hands on each line that `bytes` completes, or makes too long.
  mutating func append(_ bytes: some Collection<UInt8>, _ emit: (Line) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      add(rest[..<end], emit)
      finish(emit)
      rest = rest[rest.index(after: end)...]
    }
    add(rest, emit)
  }

  /// Hands on what stands behind the last line end.
  mutating func finish(_ emit: (Line) -> Void) {
    if current.last == UInt8(ascii: "\r") { current.removeLast() }
    if !current.isEmpty { emit(Line(bytes: current, isCut: false)) }
    current = []
    isSkipping = false
  }

  private mutating func add(_ bytes: some Collection<UInt8>, _ emit: (Line) -> Void) {
    guard !isSkipping else { return }
    current.append(contentsOf: bytes.prefix(maxBytes - current.count))
    guard current.count == maxBytes else { return }
    emit(Line(bytes: current, isCut: true))
    current = []
    isSkipping = true
  }
}

/// Makes a line of a child's standard error fit for the log: without the child's secrets, without control characters, bounded.
struct StderrText: Sendable {
  let secrets: SecretMask
  let maxBytes: Int

  /// How much of a line has to be kept for `text`: one secret more than is shown, so that none is cut in two before it is masked.
  var bytesNeeded: Int { maxBytes + secrets.longest }

  func text(_ line: StderrLines.Line) -> String {
    var text = secrets.masking(String(decoding: line.bytes, as: UTF8.self))
    // What a cut line ends with may be the beginning of a secret.
    if line.isCut { text = String(decoding: text.utf8.dropLast(secrets.longest).prefix(maxBytes), as: UTF8.self) + "…" }
    guard text.unicodeScalars.contains(where: Self.isUnsafe) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { Self.isUnsafe($0) ? "\u{FFFD}" : $0 }))
  }

  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool { scalar != "\t" && scalar.properties.generalCategory == .control }
}
