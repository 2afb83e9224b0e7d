internal import PluginSDK
internal import Synchronization

/// Warnings that are told once each, not for every message.
final class Notices: Sendable {
  /// More different ones are not told.
  private static let maxNotices = 256
  private let host: PluginServices
  private let told = Mutex<Set<String>>([])

  init(_ host: PluginServices) { self.host = host }

  func warn(_ message: String, _ fields: KeyValuePairs<String, String>) {
    let key = ([message] + fields.map { "\($0.key)=\($0.value)" }).joined(separator: "\n")
    let isNew = told.withLock { $0.count < Self.maxNotices && $0.insert(key).inserted }
    if isNew { host.log(.warning, message, fields.map { ($0.key, $0.value) }) }
  }
}
