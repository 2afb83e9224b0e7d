internal import JSON
internal import PluginSDK

/// One element of `results`: what the service says of one input.
struct ModerationAnswer: Sendable {
  struct Hit: Sendable, Hashable {
    var category: String
    var score: Double
  }
  private(set) var hits: [Hit] = []

  /// - Throws: what `fail` makes, for an element that does not say all that the rules ask about.
  init(_ result: RawJSON, _ rules: CategoryRules, fail: (String) -> PluginError) throws {
    guard let categories = result["categories"], categories.kind == .object, let scores = result["category_scores"], scores.kind == .object
    else {
      throw fail("a result has no categories and scores")
    }
    var judged: Set<String> = []
    for (key, value) in categories.members {
      let category = key.stringValue ?? ""
      guard rules.isBlocked(category) else { continue }
      // A model without this category says null.
      guard !value.isNull else { continue }
      guard let isFlagged = value.boolValue, let score = scores[category]?.doubleValue, score.isFinite else {
        throw fail("a category has no yes or no with a score")
      }
      judged.insert(category)
      if rules.threshold(of: category).map({ score >= $0 }) ?? isFlagged {
        hits.append(Hit(category: category, score: min(1, max(0, score))))
      }
    }
    guard !judged.isEmpty else { throw fail("it judges none of the categories of block_categories") }
    for wanted in (rules.blocked ?? []) + rules.thresholds.keys.sorted() where !judged.contains(wanted) {
      throw fail("it does not judge the category \(wanted.prefix(64))")
    }
  }
}

extension ModerationAnswer.Hit {
  /// The service's category is the code; what it is called in policies is the violation's category.
  var violation: Violation {
    Violation(category: word, code: category, message: "OpenAI's moderation flags \(category)", score: score)
  }

  private var word: String {
    switch category.prefix(while: { $0 != "/" }) {
    case "hate", "harassment", "violence", "self-harm": "toxicity"
    case "sexual": "nsfw"
    default: "custom"
    }
  }
}
