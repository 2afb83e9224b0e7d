/// What the `egress` settings of one server or plugin binding say: where it may connect, and the TLS profiles that its requests may name.
package struct EgressRules: Sendable, Hashable {
  package var addresses: AddressPolicy
  package var tlsProfiles: [String: TLSProfile]

  package init(addresses: AddressPolicy = .publicOnly, tlsProfiles: [String: TLSProfile] = [:]) {
    self.addresses = addresses
    self.tlsProfiles = tlsProfiles
  }
}

/// Whom a TLS connection trusts and how it presents itself. The peer's certificate and name are always verified.
package struct TLSProfile: Sendable, Hashable {
  package enum Version: Sendable, Hashable {
    case tls12, tls13
  }

  /// The system's certificate authorities, no client certificate, TLS 1.2 or newer.
  package static let system = TLSProfile()

  /// A PEM file, and a directory as `openssl rehash` makes it, of certificate authorities. If either is set, the system's are not trusted.
  package var authoritiesFile: String?
  package var authoritiesDirectory: String?
  /// PEM files. The certificate's file may hold intermediate certificates after it, and the key too.
  package var certificateFile: String?
  package var keyFile: String?
  package var minimumVersion: Version

  package init(
    authoritiesFile: String? = nil, authoritiesDirectory: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
    minimumVersion: Version = .tls12
  ) {
    self.authoritiesFile = authoritiesFile
    self.authoritiesDirectory = authoritiesDirectory
    self.certificateFile = certificateFile
    self.keyFile = keyFile
    self.minimumVersion = minimumVersion
  }
}
