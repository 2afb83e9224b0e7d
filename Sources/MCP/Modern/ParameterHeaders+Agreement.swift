package import JSON

/// What a server asks of a call: the headers in which arguments are repeated say what the arguments say (MCP 2026-07-28, transports).
extension ParameterHeaders {
  /// The headers of a request that may repeat arguments.
  package static func fields(in headers: some Sequence<(name: String, value: String)>) -> [(name: String, value: String)] {
    headers.filter { $0.name.utf8.count > prefix.utf8.count && isPrefix(of: $0.name) }
  }

  /// Looked at for every header of every request, so nothing is copied.
  private static func isPrefix(of name: String) -> Bool {
    // Setting the bit that tells small letters from capitals changes no hyphen.
    zip(prefix.utf8, name.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 && ($0 != UInt8(ascii: "-") || $1 == $0) }
  }

  /// What is wrong with the headers of a call; nil when each annotated argument has its header, equal to it, and no other annotated header came.
  ///
  /// - Parameter fields: headers of the request; those that no annotation names are ignored.
  package func disagreement(of fields: [(name: String, value: String)], with arguments: RawJSON) -> RPCError? {
    for parameter in parameters {
      let header = Self.prefix + parameter.header
      let values = fields.filter { $0.name.lowercased() == header.lowercased() }.map { HeaderText.trimmed($0.value) }
      guard values.count <= 1 else { return .headerMismatch("\(header) header appears more than once") }
      let argument = parameter.argument(in: arguments).flatMap { Self.text($0) == nil ? nil : $0 }
      switch (values.first, argument) {
      case (nil, nil): break
      case (nil, _?): return .headerMismatch("\(header) header is missing")
      case (_?, nil): return .headerMismatch("\(header) header repeats an argument that is not there")
      case (let value?, let argument?):
        guard let decoded = HeaderText.decode(value) else { return .headerMismatch("\(header) header is not well-formed") }
        guard parameter.isSame(decoded, argument) else { return .headerMismatch("\(header) header does not match its argument") }
      }
    }
    return nil
  }
}

extension ParameterHeaders.Parameter {
  /// Integers are equal as numbers, whichever way each is written; anything else as text, byte by byte.
  fileprivate func isSame(_ header: String, _ argument: RawJSON) -> Bool {
    guard let text = ParameterHeaders.text(argument) else { return false }
    if header.utf8.elementsEqual(text.utf8) { return true }
    guard isInteger, argument.kind == .number, let sent = Self.integer(header[...]), let meant = Self.integer(text[...]) else {
      return false
    }
    return sent == meant
  }

  /// The digits of an integer, with its sign, without zeros at the front and a fraction of zeros; nil when the text is none. So integers of any size compare.
  private static func integer(_ text: Substring) -> String? {
    let isNegative = text.utf8.first == UInt8(ascii: "-")
    let parts = text.dropFirst(isNegative ? 1 : 0).split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), !parts[0].isEmpty, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }) else {
      return nil
    }
    if parts.count == 2, parts[1].isEmpty || parts[1].contains(where: { $0 != "0" }) { return nil }
    let digits = parts[0].drop { $0 == "0" }
    return digits.isEmpty ? "0" : (isNegative ? "-" : "") + digits
  }
}
