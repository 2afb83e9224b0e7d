internal import PluginSDK
internal import ServiceClient

/// Which categories block, and from which score on.
struct CategoryRules: Sendable {
  /// Nil: every category that the service has.
  let blocked: [String]?
  /// Nil: the service's own yes or no.
  let threshold: Double?
  let thresholds: [String: Double]

  init(_ object: ConfigObject) throws {
    blocked = try object.strings("block_categories", maxCount: 64, maxBytes: 64)
    if let blocked, blocked.isEmpty {
      throw PluginError.invalid("block_categories: an empty list would block nothing; leave it out for all")
    }
    threshold = try object.number("threshold", in: 0...1)
    var thresholds: [String: Double] = [:]
    if let list = try object.object("thresholds") {
      for name in list.names { thresholds[name] = try list.number(name, in: 0...1) }
    }
    self.thresholds = thresholds
    for name in thresholds.keys.sorted() where blocked.map({ !$0.contains { Self.covers($0, name) } }) ?? false {
      throw PluginError.invalid("thresholds.\(name.prefix(64)): block_categories does not name this category")
    }
  }

  /// "hate" covers "hate/threatening" too.
  static func covers(_ rule: String, _ category: String) -> Bool { category == rule || category.hasPrefix(rule + "/") }

  func isBlocked(_ category: String) -> Bool { blocked?.contains { Self.covers($0, category) } ?? true }

  /// The category's own threshold, else that of the category above it, else the one for all.
  func threshold(of category: String) -> Double? {
    if let own = thresholds[category] { return own }
    let parent = category.prefix { $0 != "/" }
    return thresholds[String(parent)] ?? threshold
  }
}
