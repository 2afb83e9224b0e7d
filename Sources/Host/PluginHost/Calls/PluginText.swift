internal import JSON
internal import PluginABI

/// A value from a plugin that breaks the ABI's rules; `reason` is for the operator.
struct MalformedValue: Error, CustomStringConvertible {
  var reason: String
  init(_ reason: String) { self.reason = reason }
  var description: String { reason }
}

/// Copies what a plugin passes, bounded and checked (R1, R3). `what` names the field in errors.
enum PluginText {
  static func buffer(_ bytes: smg_bytes, _ what: StaticString, max: Int) throws(MalformedValue) -> UnsafeBufferPointer<UInt8> {
    guard bytes.len != 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
    // A size_t beyond half the address space is negative here.
    guard bytes.len > 0, bytes.len <= max else {
      throw MalformedValue("\(what) has \(UInt(bitPattern: bytes.len)) bytes, more than \(max)")
    }
    guard let start = bytes.ptr else { throw MalformedValue("\(what) has a length but no pointer") }
    return UnsafeBufferPointer(start: start, count: bytes.len)
  }

  static func string(_ bytes: smg_bytes, _ what: StaticString, max: Int = Limits.Plugin.maxShortTextBytes) throws(MalformedValue) -> String
  {
    let buffer = try buffer(bytes, what, max: max)
    guard !buffer.isEmpty else { return "" }
    guard let text = String(validating: buffer, as: UTF8.self) else { throw MalformedValue("\(what) is not UTF-8") }
    return text
  }

  static func data(_ bytes: smg_bytes, _ what: StaticString, max: Int) throws(MalformedValue) -> [UInt8] {
    Array(try buffer(bytes, what, max: max))
  }

  static func state(_ bytes: smg_bytes, _ what: StaticString, max: Int) throws(MalformedValue) -> StateBytes {
    StateBytes(UnsafeRawBufferPointer(try buffer(bytes, what, max: max)))
  }

  /// Empty, or valid JSON of the given kind.
  static func json(
    _ bytes: smg_bytes, _ what: StaticString, max: Int = Limits.Plugin.maxJSONBytes, kind: JSONKind? = nil
  ) throws(MalformedValue) -> [UInt8] {
    let text = try data(bytes, what, max: max)
    guard !text.isEmpty else { return text }
    do {
      let value = try RawJSON(validating: text, limits: JSONLimits(maxBytes: max))
      guard kind == nil || value.kind == kind else { throw MalformedValue("\(what) is not a JSON \(kind?.rawValue ?? "value")") }
    } catch let error as MalformedValue {
      throw error
    } catch {
      throw MalformedValue("\(what) is not valid JSON: \(error)")
    }
    return text
  }

  /// For logs: cut at `max` bytes, invalid UTF-8 repaired.
  static func lossy(_ bytes: smg_bytes, max: Int) -> String {
    guard let start = bytes.ptr, bytes.len > 0 else { return "" }
    var count = min(bytes.len, max)
    if count < bytes.len {
      // Not in the middle of a scalar: back over continuation bytes, at most three.
      var back = 0
      while back < 3, count > 0, start[count] & 0xC0 == 0x80 {
        count -= 1
        back += 1
      }
    }
    return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  }

  /// The elements of an array that a plugin passes.
  static func elements<Element>(
    _ start: UnsafePointer<Element>?, _ count: Int, _ what: StaticString, max: Int
  ) throws(MalformedValue) -> UnsafeBufferPointer<Element> {
    guard count != 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
    guard count > 0, count <= max else { throw MalformedValue("\(what) has \(UInt(bitPattern: count)) entries, more than \(max)") }
    guard let start else { throw MalformedValue("\(what) has a count but no pointer") }
    guard UInt(bitPattern: start) % UInt(MemoryLayout<Element>.alignment) == 0 else { throw MalformedValue("\(what) is misaligned") }
    return UnsafeBufferPointer(start: start, count: count)
  }
}

// MARK: Names

extension PluginText {
  /// A C string of bounded length; nil when it is longer, empty or not UTF-8.
  static func cString(_ start: UnsafePointer<CChar>, max: Int = Limits.Plugin.maxIdentifierBytes) -> String? {
    var count = 0
    while count <= max, start[count] != 0 { count += 1 }
    guard count > 0, count <= max else { return nil }
    return start.withMemoryRebound(to: UInt8.self, capacity: count) {
      String(validating: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
    }
  }

  /// ASCII letters, digits, `_`, `-`, `.` and `/`, beginning with a letter: what names of providers, plugins, metrics and labels may be.
  static func isName(_ text: String) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") }
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= Limits.Plugin.maxIdentifierBytes else { return false }
    return text.utf8.allSatisfy { byte in
      isLetter(byte) || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/")
    }
  }

  static func name(_ bytes: smg_bytes, _ what: StaticString) throws(MalformedValue) -> String {
    let text = try string(bytes, what, max: Limits.Plugin.maxIdentifierBytes)
    guard isName(text) else { throw MalformedValue("\(what) is not a plain name") }
    return text
  }
}
