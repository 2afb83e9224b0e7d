internal import PluginSDK

/// The credentials among a request's headers.
enum Credentials {
  /// Every header that an answer depends on, most trusted first.
  static let headerNames = ["enkrypt_gateway_key", "apikey", "authorization", "project_id", "user_id"]

  /// A key is at most this long; real ones have 48 characters.
  static let maxKeyBytes = 1024

  enum Reading: Equatable {
    case none
    case malformed(Malformation)
    /// The value of the header at `index`, from byte `offset` on.
    case key(index: Int, offset: Int)
  }

  enum Malformation: Equatable {
    case emptyKey, tooLong, conflicting, unprintable
  }

  /// Finds the key that the caller presents. Several headers may carry it when they carry the same one: of two different keys neither is
  /// guessed to be meant. An `Authorization` of another scheme is no key.
  static func read(_ headers: BorrowedPairs) -> Reading {
    var reading = Reading.none
    for index in headers.indices {
      guard let offset = keyOffset(headers.name(index), headers.value(index)) else { continue }
      let count = headers.value(index).count - offset
      guard count > 0 else { return .malformed(.emptyKey) }
      guard count <= maxKeyBytes else { return .malformed(.tooLong) }
      switch reading {
      case .key(let first, let firstOffset):
        let isSame = headers.value(first).dropFirst(firstOffset) == headers.value(index).dropFirst(offset)
        guard isSame else { return .malformed(.conflicting) }
      default: reading = .key(index: index, offset: offset)
      }
    }
    return reading
  }

  /// Where the key begins in a header's value; nil for a header that carries none.
  private static func keyOffset(_ name: BorrowedText, _ value: BorrowedText) -> Int? {
    if name == "enkrypt_gateway_key" || name == "apikey" { return 0 }
    return name == "authorization" ? bearerOffset(value) : nil
  }

  /// RFC 6750 section 2.1; the scheme in any case, then spaces.
  private static func bearerOffset(_ value: BorrowedText) -> Int? {
    value.withUTF8 { bytes in
      let scheme = "bearer".utf8
      guard bytes.count >= scheme.count, zip(bytes, scheme).allSatisfy({ $0 | 0x20 == $1 }) else { return nil }
      let rest = bytes[scheme.count...]
      let spaces = rest.prefix { $0 == 0x20 }.count
      return spaces > 0 || rest.isEmpty ? scheme.count + spaces : nil
    }
  }

  static func allowsProject(_ projectID: String, _ headers: BorrowedPairs) -> Bool { allows("project_id", projectID, headers) }
  static func allowsUser(_ userID: String, _ headers: BorrowedPairs) -> Bool { allows("user_id", userID, headers) }

  /// Each header of this name, where it is given and not empty, says the expected value.
  private static func allows(_ name: StaticString, _ expected: String, _ headers: BorrowedPairs) -> Bool {
    headers.indices.allSatisfy { index in
      !(headers.name(index) == name) || headers.value(index).isEmpty || headers.value(index) == expected
    }
  }
}
