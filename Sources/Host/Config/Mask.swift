package import JSON

/// Shows that a secret is there, and which, without showing it. The forms are those that existing scripts know.
package enum Mask {
  /// A gateway key: `****` and its last four characters, or `****` alone when it has fewer than four.
  package static func key(_ key: String) -> String { key.count < 4 ? "****" : "****" + key.suffix(4) }

  /// The value of an environment variable, masked when the name sounds secret, or when the value is a URL that carries credentials.
  package static func environment(_ name: String, _ value: String) -> String {
    if SecretExpansion.isReference(value) { return value }
    return contains(name, variableWords) ? partly(value) : URLMask.masked(value)
  }

  /// The value of a header, masked when the name sounds secret.
  package static func header(_ name: String, _ value: String) -> String {
    if SecretExpansion.isReference(value) { return value }
    guard contains(name, headerWords) else { return URLMask.masked(value) }
    return value.count <= 4 ? "***" : value.prefix(2) + "***" + value.suffix(2)
  }

  package static func headers(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
    headers.map { ($0.name, header($0.name, $0.value)) }
  }

  /// The members of an object by the rule of headers, at any depth; what is secret and no string becomes `***`.
  package static func members(_ object: JSONObject) -> JSONObject {
    mapped(object, member)
  }

  private static func member(_ name: String, _ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let text): return .string(header(name, text))
    case .object(let object): return .object(members(object))
    case _ where contains(name, headerWords): return "***"
    case .array(let elements): return .array(elements.map { member(name, $0) })
    default: return value
    }
  }

  /// Arguments of a command: the value after (or joined to) a flag that sounds secret, `NAME=value` with such a name, `Name: value` after a header flag,
  /// and credentials in URLs.
  package static func arguments(_ arguments: [String]) -> [String] {
    var masked: [String] = []
    var previousFlag = ""
    for argument in arguments {
      masked.append(Self.argument(argument, after: previousFlag))
      previousFlag = argument.hasPrefix("-") && !argument.contains("=") ? argument : ""
    }
    return masked
  }

  private static func argument(_ argument: String, after flag: String) -> String {
    if SecretExpansion.isReference(argument) { return argument }
    if flag == "-H" || flag == "--header" { return headerLine(argument) }
    if argument.hasPrefix("-H"), argument.count > 2 { return "-H" + headerLine(String(argument.dropFirst(2))) }
    if contains(flag, argumentWords), !argument.hasPrefix("-") { return partly(argument) }
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex, !argument[..<equals].contains("://") else {
      return URLMask.masked(argument)
    }
    let name = String(argument[..<equals])
    let value = String(argument[argument.index(after: equals)...])
    if name == "--header" { return "--header=" + headerLine(value) }
    if SecretExpansion.isReference(value) { return argument }
    return "\(name)=" + (contains(name, argumentWords) ? partly(value) : Self.argument(value, after: ""))
  }

  private static func headerLine(_ line: String) -> String {
    guard let colon = line.firstIndex(of: ":") else { return URLMask.masked(line) }
    let name = String(line[..<colon])
    let value = line[line.index(after: colon)...]
    let space = value.prefix { $0 == " " }
    return "\(name):\(space)\(header(name, String(value.dropFirst(space.count))))"
  }

  /// A guardrail policy as callers may see it: without the subjects and the parameters of detectors, which say what is looked for.
  package static func policy(_ policy: JSONObject) -> JSONObject {
    guard case .object(var additional)? = policy["additional_config"], additional["custom"] != nil || additional["topic"] != nil else {
      return policy
    }
    var shown = policy
    additional["custom"] = nil
    additional["topic"] = nil
    shown["additional_config"] = .object(additional)
    return shown
  }

  /// One server entry as whoever may only use it sees it: what it is, and none of the values that it runs with.
  package static func usedServerEntry(_ entry: JSONObject) -> JSONObject {
    mapped(serverEntry(entry)) { name, value in
      guard case .object(let object) = value else { return value }
      switch name {
      case "config": return .object(mapped(object, hiddenSetting))
      case "oauth_config": return "****"
      case _ where name.contains("_guardrails_"): return .object(policy(object))
      default: return value
      }
    }
  }

  private static func hiddenSetting(_ name: String, _ value: JSONValue) -> JSONValue {
    switch (name, value) {
    case ("env", .object(let values)), ("headers", .object(let values)): .object(values.mapValues { _ in "****" })
    case ("args", .array(let elements)): .array(elements.map { _ in "****" })
    case ("url", .string(let text)): .string(String(text.prefix { $0 != "?" && $0 != "#" }))
    case ("command", _), ("transport", _), ("type", _), ("url", _): value
    default: "****"
    }
  }

  /// One server entry as it may be shown: environment, headers, arguments, URL and OAuth secrets masked.
  package static func serverEntry(_ entry: JSONObject) -> JSONObject {
    mapped(entry) { name, value in
      guard case .object(let object) = value else { return value }
      switch name {
      case "config": return .object(command(object))
      case "oauth_config": return .object(oauth(object))
      default: return value
      }
    }
  }

  private static func command(_ config: JSONObject) -> JSONObject {
    mapped(config) { name, value in
      switch (name, value) {
      case ("env", .object(let variables)):
        return .object(mapped(variables) { name, value in value.stringValue.map { .string(environment(name, $0)) } ?? "****" })
      case ("headers", .object(let headers)): return .object(members(headers))
      case ("args", .array(let elements)): return .array(arguments(elements.map { $0.stringValue ?? "****" }).map(JSONValue.string))
      case (_, .string(let text)): return .string(URLMask.masked(text))
      default: return value
      }
    }
  }

  private static func oauth(_ settings: JSONObject) -> JSONObject {
    mapped(settings) { name, value in
      switch (name, value) {
      case ("OAUTH_CLIENT_SECRET", .string(let text)), ("OAUTH_CODE_VERIFIER", .string(let text)), ("OAUTH_STATE", .string(let text)):
        return SecretExpansion.isReference(text) ? value : "****"
      case (_, .object(let object)): return .object(members(object))
      case (_, .string(let text)): return .string(URLMask.masked(text))
      default: return value
      }
    }
  }

  // MARK: Words

  private static let variableWords = [
    "token", "key", "secret", "password", "pass", "auth", "credential", "bearer", "jwt", "database_url", "connection_string", "uri", "url",
    "dsn",
    "private", "cookie",
  ]
  private static let headerWords = [
    "authorization", "auth", "bearer", "token", "apikey", "cookie", "csrf", "password", "secret", "private", "key", "session", "x-user",
    "x-org",
    "x-client", "x-forwarded-for", "jwt", "credential",
  ]
  static let argumentWords = ["token", "key", "secret", "pass", "auth", "credential", "bearer", "jwt", "dsn", "cookie", "pwd"]

  static func contains(_ name: String, _ words: [String]) -> Bool {
    let name = name.lowercased()
    return words.contains { name.contains($0) }
  }

  private static func partly(_ value: String) -> String {
    value.count <= 8 ? "****" : value.prefix(4) + "****" + value.suffix(4)
  }

  private static func mapped(_ object: JSONObject, _ change: (String, JSONValue) -> JSONValue) -> JSONObject {
    var changed = JSONObject()
    for (name, value) in object { changed[name] = change(name, value) }
    return changed
  }
}

/// Credentials inside URLs (RFC 3986): the user information, and parameters that sound secret, of the query or of the fragment. And what is a secret by its form.
enum URLMask {
  static func masked(_ text: String) -> String {
    guard let scheme = text.firstRange(of: "://") else { return SecretShape.masked(text) }
    let rest = text[scheme.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    var masked = String(text[..<scheme.upperBound])
    if let at = authority.lastIndex(of: "@") {
      masked += "****" + authority[at...]
    } else {
      masked += authority
    }
    let path = rest[authority.endIndex...]
    let end = path.firstIndex { "?#".contains($0) } ?? path.endIndex
    return SecretShape.masked(masked + path[..<end] + parameters(path[end...]))
  }

  private static func parameters(_ text: Substring) -> String {
    var masked = ""
    var parameter = ""
    for character in text {
      guard "?#&".contains(character) else {
        parameter.append(character)
        continue
      }
      masked += Self.parameter(parameter) + String(character)
      parameter = ""
    }
    return masked + Self.parameter(parameter)
  }

  private static func parameter(_ text: String) -> String {
    guard let equals = text.firstIndex(of: "="), Mask.contains(String(text[..<equals]), Mask.argumentWords) else { return text }
    return text[...equals] + "****"
  }
}
