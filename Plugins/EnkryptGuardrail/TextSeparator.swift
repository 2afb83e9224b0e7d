/// Joins texts to one and takes them apart again: a line that none of them has.
struct TextSeparator: Sendable {
  private static let mark: Unicode.Scalar = "\u{241E}"
  private let line: String

  init(for texts: [String]) {
    var longest = 0
    for text in texts {
      var run = 0
      for scalar in text.unicodeScalars {
        run = scalar == Self.mark ? run + 1 : 0
        longest = max(longest, run)
      }
    }
    line = "\n" + String(repeating: "\u{241E}", count: longest + 1) + "\n"
  }

  func join(_ texts: [String]) -> String { texts.joined(separator: line) }

  func split(_ text: String) -> [String] {
    let (bytes, line) = (Array(text.utf8), Array(line.utf8))
    var parts: [String] = []
    var (start, index) = (0, 0)
    while index + line.count <= bytes.count {
      if bytes[index] == line[0], bytes[index..<index + line.count].elementsEqual(line) {
        parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
        index += line.count
        start = index
      } else {
        index += 1
      }
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }
}
