internal import JSON

/// `admin_api` and `admin_apikey`.
extension ConfigReader {
  func adminAPI(_ fields: Fields) -> AdminAPISettings {
    var settings = AdminAPISettings()
    settings.isEnabled = fields.bool("enabled") ?? settings.isEnabled
    settings.allowsPlaintext = fields.bool("allow_plaintext") ?? settings.allowsPlaintext
    settings.tls = fields.object("tls", tls) ?? nil
    let isSafe = settings.allowsPlaintext || settings.tls != nil
    if let host = fields.value("host") { settings.host = self.host(host, isPlaintextAllowed: isSafe) ?? settings.host }
    settings.port = fields.int("port", in: 0...65_535) ?? settings.port
    settings.allowedHosts = fields.strings("allowed_hosts") ?? settings.allowedHosts
    if let origins = fields.value("allowed_origins") { settings.allowedOrigins = self.origins(origins) }
    settings.maxBodyBytes = fields.int("max_body_bytes", in: 1024...Limits.Config.maxDocumentBytes) ?? settings.maxBodyBytes
    settings.maxConnections = fields.int("max_connections", in: 1...1_000_000) ?? settings.maxConnections
    settings.maxFailures = fields.int("max_failures", in: 1...1_000_000) ?? settings.maxFailures
    return settings
  }

  /// In clear, as 2.1.4 and later have it, or as `sha256:` and the digest.
  func adminKey(_ fields: Fields) -> KeyDigest? {
    guard let value = fields.value("admin_apikey"), let text = diagnostics.string(value) else { return nil }
    if text.hasPrefix(KeyName.digestPrefix) {
      guard let digest = KeyDigest(hex: text.dropFirst(KeyName.digestPrefix.count)) else {
        diagnostics.error(at: value, "after \"sha256:\" come the 64 hexadecimal digits of the key's digest")
        return nil
      }
      return digest
    }
    guard text.utf8.count >= Limits.Auth.minAdminKeyBytes, !text.hasPrefix("YOUR_") else {
      diagnostics.warning(at: value, "a key this short or well known is not accepted", "\"system generate-admin-key\" makes one")
      return nil
    }
    return KeyDigest(of: text.utf8)
  }
}
