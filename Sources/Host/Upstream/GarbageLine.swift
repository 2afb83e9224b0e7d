/// A line from a child that is no valid message.
enum GarbageLine {
  /// Longest prefix that is searched.
  private static let maxSearchedBytes = 64 << 10

  /// The integer behind the first `"id":` of a line that looks like an object: a guess, good only for telling the one who waits that
  /// nothing better will come.
  static func answeredID(in line: [UInt8]) -> Int? {
    guard line.first == UInt8(ascii: "{") else { return nil }
    let name = Array("\"id\"".utf8)
    let end = min(line.count, maxSearchedBytes)
    var index = 0
    while index + name.count <= end {
      guard line[index] == name[0], line[index..<index + name.count].elementsEqual(name) else {
        index += 1
        continue
      }
      var rest = line[(index + name.count)..<end].drop(while: isBlank)
      guard rest.popFirst() == UInt8(ascii: ":") else { return nil }
      let digits = rest.drop(while: isBlank).prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
      return Int(String(decoding: digits, as: UTF8.self))
    }
    return nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
