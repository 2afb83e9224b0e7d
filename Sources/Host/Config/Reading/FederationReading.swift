internal import JSON

/// `exposure`, `name_separator` and `name_prefix` of a set of servers.
struct FederationReader {
  let diagnostics: Diagnostics

  func settings(_ fields: Fields, servers: [ServerEntry]) -> FederationSettings {
    var settings = FederationSettings()
    settings.exposure = fields.choice("exposure", Exposure.self) ?? settings.exposure
    settings.nameSeparator = separator(fields) ?? settings.nameSeparator
    settings.isPrefixed = isPrefixed(fields) ?? settings.isPrefixed
    guard settings.exposure.includesFederatedItems, settings.isPrefixed else { return settings }
    warnOfLookalikes(servers, settings, at: fields.value("name_separator") ?? fields.value("mcp_config"))
    return settings
  }

  /// Names of tools consist of these characters (MCP, tool names), so a separator has to.
  private func separator(_ fields: Fields) -> String? {
    guard let value = fields.value("name_separator"), let text = diagnostics.string(value) else { return nil }
    guard (1...8).contains(text.utf8.count), text.utf8.allSatisfy(FederatedNames.isNameByte) else {
      diagnostics.error(at: value, "must be 1 to 8 of the characters A-Z a-z 0-9 _ . -")
      return nil
    }
    return text
  }

  private func isPrefixed(_ fields: Fields) -> Bool? {
    guard let value = fields.value("name_prefix"), let flag = diagnostics.bool(value) else { return nil }
    let count = fields.array("mcp_config").count
    if !flag, count != 1 {
      diagnostics.error(at: value, "only a config of exactly one server can go without prefixes; this one has \(count)")
    }
    return flag
  }

  /// Two servers may be named so that one federated name could mean an item of either. The rule is fixed, and the operator should know of it.
  private func warnOfLookalikes(_ servers: [ServerEntry], _ settings: FederationSettings, at place: RawJSON?) {
    guard let place else { return }
    let prefixes = servers.map { FederatedNames.prefix($0.name, separator: settings.nameSeparator) }
    for (index, prefix) in prefixes.enumerated() {
      for (other, earlier) in prefixes[..<index].enumerated()
      where prefix.utf8.starts(with: earlier.utf8) || earlier.utf8.starts(with: prefix.utf8) {
        diagnostics.warning(
          at: place,
          "federated names of the servers \"\(Fields.shown(servers[other].name))\" and \"\(Fields.shown(servers[index].name))\" look alike",
          "set \"name_separator\", or rename one of them")
      }
    }
  }
}
