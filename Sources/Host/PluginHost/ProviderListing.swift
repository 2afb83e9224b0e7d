internal import PluginABI

/// What a provider does (`SMG_KIND_*`).
package enum ProviderKind: String, Sendable, Hashable, CaseIterable, Codable { case auth, guardrail, telemetry }

/// What a provider promises about itself (`SMG_PF_*`).
package struct ProviderFlags: OptionSet, Sendable, Hashable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Every operation returns within 100 µs for texts up to 64 KiB and never waits.
  package static let inline = ProviderFlags(rawValue: SMG_PF_INLINE)
  /// One operation of an instance at a time.
  package static let serial = ProviderFlags(rawValue: SMG_PF_SERIAL)
  /// Opens its own sockets.
  package static let network = ProviderFlags(rawValue: SMG_PF_NETWORK)
}

/// One provider that a loaded library offers.
package struct ProviderListing: Sendable, Hashable {
  package var kind: ProviderKind
  package var name: String
  package var pluginID: String
  package var version: String
  package var vendor: String
  package var license: String
  /// The file the library was read from.
  package var path: String
  /// Lower-case hex of the loaded bytes.
  package var sha256: String
  package var flags: ProviderFlags
  /// JSON Schema of the provider's configuration; empty when it publishes none.
  package var configSchemaJSON: [UInt8]
}

/// A file or folder the loader would not take, and what to do about it.
package struct PluginRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// The check that failed.
  package enum Rule: String, Sendable, Hashable {
    case searchPath = "search_path"
    case symbolicLink = "symbolic_link"
    case notRegularFile = "not_regular_file"
    case owner, mode
    case parentDirectory = "parent_directory"
    case size, unreadable
    case trust, unsigned, signature
    case unknownKey = "unknown_key"
    case revokedKey = "revoked_key"
    case builds
    case elf
    case machine
    case entrySymbol = "entry_symbol"
    case dependency
    case textRelocations = "text_relocations"
    case executableStack = "executable_stack"
    case describe
    case load
    case abiVersion = "abi_version"
    case tables
  }

  package var path: String
  package var rule: Rule
  package var reason: String
  package var fix: String

  package init(path: String, rule: Rule, reason: String, fix: String) {
    self.path = path
    self.rule = rule
    self.reason = reason
    self.fix = fix
  }

  package var description: String { "\(path): \(reason) (\(rule.rawValue)); \(fix)" }
}
