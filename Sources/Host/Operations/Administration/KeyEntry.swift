internal import JSON

/// How a gateway key is written, and how it is called where it may not be shown.
enum KeyName {
  static let digestPrefix = "sha256:"
  /// Characters of a key that are kept in clear, so that its owner recognises it.
  static let recognisedCharacters = 6

  /// The name of a key's member in `apikeys`, as new ones are written.
  static func stored(_ key: String) -> String { digestPrefix + KeyDigest(of: key.utf8).hex }

  static func digest(ofMember name: String) -> KeyDigest {
    guard name.hasPrefix(digestPrefix), let digest = KeyDigest(hex: name.dropFirst(digestPrefix.count)) else {
      return KeyDigest(of: name.utf8)
    }
    return digest
  }

  /// The id of a key given in any form: in clear, as `sha256:…`, or already as the id. More digits than an id has may be a key in clear.
  static func id(of text: String) -> String {
    isID(text) && text.utf8.count <= idDigits ? text.lowercased() : digest(ofMember: text).keyID
  }

  private static let idDigits = 12

  /// Hexadecimal digits, at least six: an id or the beginning of one.
  static func isID(_ text: String) -> Bool { (6...64).contains(text.utf8.count) && text.utf8.allSatisfy { Hex.value($0) != nil } }
}

/// An entry of `apikeys`.
struct KeyEntry {
  /// The member's name: the key in clear, or its digest.
  let name: String
  let value: RawJSON

  var isStoredInClear: Bool { !name.hasPrefix(KeyName.digestPrefix) }
  var digest: KeyDigest { KeyName.digest(ofMember: name) }
  var id: String { digest.keyID }
  var projectID: String { value["project_id"]?.stringValue ?? "" }
  var userID: String { value["user_id"]?.stringValue ?? "" }
  var path: [EditableJSON.Step] { ["apikeys", .member(name)] }

  /// As much of the key as may be shown.
  var masked: String {
    if isStoredInClear { return Mask.key(name) }
    return value["key_prefix"]?.stringValue.map { $0 + "****" } ?? "sha256:\(id)…"
  }

  var isExpired: Bool {
    guard let text = value["expires_at"]?.stringValue, let seconds = Timestamp.unixSeconds(text) else { return false }
    return seconds <= KeyDirectory.wallClock()
  }

  static let shape = Shape.object([
    "api_key": .string, "key_id": .string, "key_prefix": .any, "role": .string, "project_id": .string, "project_name": .nullable(.string),
    "user_id": .string, "email": .nullable(.string), "created_at": .any, "expires_at": .any, "disabled": .boolean, "status": .string,
    "stored_in_clear": .boolean, "last_used_at": .nullable(.string),
  ])

  /// As lists show it.
  func document(_ names: DirectoryNames, _ uses: [String: Int64]) -> JSONValue {
    let isDisabled = value["disabled"]?.boolValue ?? false
    return .object([
      "api_key": .string(masked), "key_id": .string(id), "key_prefix": value["key_prefix"]?.value ?? .null,
      "role": .string(value["role"]?.stringValue ?? KeyRole.user.rawValue), "project_id": .string(projectID),
      "project_name": names.projects[projectID].map(JSONValue.string) ?? .null,
      "user_id": .string(userID), "email": names.users[userID].map(JSONValue.string) ?? .null,
      "created_at": value["created_at"]?.value ?? .null, "expires_at": value["expires_at"]?.value ?? .null, "disabled": .bool(isDisabled),
      "status": .string(isDisabled ? "disabled" : isExpired ? "expired" : "active"), "stored_in_clear": .bool(isStoredInClear),
      "last_used_at": uses[id].map { .string(Timestamp.text(unixSeconds: $0)) } ?? .null,
    ])
  }
}

/// Names by id, made once for a whole list.
struct DirectoryNames {
  let projects: [String: String]
  let users: [String: String]

  init(_ document: ConfigDocument) {
    projects = Dictionary(document.entries(.projects).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    users = Dictionary(document.entries(.users).map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
  }
}

extension ConfigDocument {
  var keys: [KeyEntry] {
    root["apikeys"]?.members.compactMap { member in
      guard member.value.kind == .object, let name = member.key.stringValue else { return nil }
      return KeyEntry(name: name, value: member.value)
    } ?? []
  }

  /// The entry of a key given in clear, as `sha256:…`, as its id, or as the beginning of one that means only it. What was given is never said again.
  func key(_ given: String) throws(GatewayError) -> KeyEntry {
    guard let section = root["apikeys"], !given.isEmpty else { throw Self.unknownKey }
    let digest = given.lowercased().hasPrefix(KeyName.digestPrefix) ? given.lowercased() : KeyName.stored(given)
    for name in [given, digest] {
      if let value = section[name], value.kind == .object { return KeyEntry(name: name, value: value) }
    }
    guard KeyName.isID(given) else { throw Self.unknownKey }
    let beginning = given.lowercased()
    let found = keys.filter { $0.digest.hex.hasPrefix(beginning) }
    guard found.count < 2 else {
      throw GatewayError(.configurationInvalid, "\(found.count) keys have an id that begins so.", suggestions: ["Give more of it."])
    }
    guard let only = found.first else { throw Self.unknownKey }
    return only
  }

  private static var unknownKey: GatewayError {
    GatewayError(.configurationMissing, "There is no such key.", suggestions: ["`apikey list` shows the ids of those that there are."])
  }
}
