internal import Egress
internal import Glibc
internal import JSON

/// `egress`: where one binding or server may connect, and its TLS profiles.
extension ConfigReader {
  func egress(_ fields: Fields) -> EgressRules {
    EgressRules(addresses: addresses(fields.array("allow")), tlsProfiles: tlsProfiles(fields.map("tls")))
  }

  /// `allow`.
  func addresses(_ entries: [RawJSON]) -> AddressPolicy {
    var allowed: [String] = []
    var policy = AddressPolicy.publicOnly
    for entry in entries {
      guard let text = diagnostics.string(entry) else { continue }
      do throws(AllowEntryError) {
        policy = try AddressPolicy(allowing: allowed + [text])
        allowed.append(text)
      } catch {
        diagnostics.error(at: entry, error.reason, "write for instance 127.0.0.1:8080, 10.0.0.0/8 or db.internal")
      }
    }
    return policy
  }

  private func tlsProfiles(_ members: [(name: String, key: RawJSON, value: RawJSON)]) -> [String: TLSProfile] {
    var profiles: [String: TLSProfile] = [:]
    for member in members where !Fields.isComment(member.name) {
      if member.name.isEmpty { diagnostics.error(at: member.key, "a TLS profile needs a name") }
      profiles[member.name] = Fields.read(member.value, diagnostics, tlsProfile)
    }
    return profiles
  }

  /// One profile.
  func tlsProfile(_ fields: Fields) -> TLSProfile {
    var profile = TLSProfile(
      authoritiesFile: readablePath(fields, "ca"), authoritiesDirectory: readablePath(fields, "ca_directory"),
      certificateFile: readablePath(fields, "certificate"), keyFile: readablePath(fields, "key"))
    if fields.choice("minimum_version", TLSVersionWord.self) == .tls13 { profile.minimumVersion = .tls13 }
    if let key = fields.value("key"), fields.value("certificate") == nil {
      diagnostics.error(at: key, "has no effect without \"certificate\"", "add \"certificate\"")
    }
    return profile
  }

  private enum TLSVersionWord: String, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
  }

  /// The absolute path of a file or folder that the gateway can read.
  private func readablePath(_ fields: Fields, _ name: String) -> String? {
    guard let place = fields.value(name), let text = diagnostics.string(place) else { return nil }
    let path = FilePath.resolve(text, against: directory)
    if text.isEmpty || access(path, R_OK) != 0 { diagnostics.error(at: place, "cannot be read by the gateway's user") }
    return path
  }
}
