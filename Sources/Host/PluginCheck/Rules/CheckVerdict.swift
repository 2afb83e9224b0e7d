internal import JSON

/// Why a check did not pass: the rule that was broken, which may be another than the one that the check is about, and how.
struct CheckReason: Sendable, Hashable {
  var rule: String
  var text: String
}

/// What the operations of a provider took, in nanoseconds.
struct CallTiming: Sendable {
  var operation: String
  /// What they were given.
  var input: String
  var count: Int
  var minimum: UInt64
  var median: UInt64
  var maximum: UInt64
}

/// How one check ended.
struct CheckVerdict: Sendable {
  enum Status: String, Sendable { case pass, warn, fail, skip }

  var check: String
  /// The provider's name; nil: the library as a whole.
  var provider: String?
  var status: Status
  /// Of `fail` and `warn`; of `skip` one that says why.
  var reasons: [CheckReason] = []
  /// What is worth knowing besides.
  var notes: [String] = []
  var timings: [CallTiming] = []
  var milliseconds = 0
}

// MARK: JSON

extension CheckVerdict {
  /// Between child and parent, and in reports.
  var document: JSONValue {
    var object: JSONObject = [
      "check": .string(check), "provider": provider.map(JSONValue.string) ?? .null, "status": .string(status.rawValue),
      "reasons": .array(reasons.map { ["rule": .string($0.rule), "text": .string($0.text)] }),
      "notes": .array(notes.map(JSONValue.string)), "milliseconds": .int(milliseconds),
    ]
    if !timings.isEmpty { object["timings"] = .array(timings.map(\.document)) }
    return .object(object)
  }

  /// nil when the value is not what `document` makes.
  init?(_ json: JSONValue) {
    guard let check = json["check"]?.stringValue, let status = json["status"]?.stringValue.flatMap(Status.init),
      let reasons = json["reasons"]?.arrayValue, let notes = json["notes"]?.arrayValue, let milliseconds = json["milliseconds"]?.intValue
    else { return nil }
    self.check = check
    self.status = status
    provider = json["provider"]?.stringValue
    self.reasons = reasons.compactMap { entry in
      guard let rule = entry["rule"]?.stringValue, let text = entry["text"]?.stringValue else { return nil }
      return CheckReason(rule: rule, text: text)
    }
    self.notes = notes.compactMap(\.stringValue)
    self.milliseconds = milliseconds
    timings = (json["timings"]?.arrayValue ?? []).compactMap(CallTiming.init)
  }
}

extension CallTiming {
  var document: JSONValue {
    [
      "operation": .string(operation), "input": .string(input), "count": .int(count), "minimum_ns": .int(Int(clamping: minimum)),
      "median_ns": .int(Int(clamping: median)), "maximum_ns": .int(Int(clamping: maximum)),
    ]
  }

  init?(_ json: JSONValue) {
    guard let operation = json["operation"]?.stringValue, let input = json["input"]?.stringValue, let count = json["count"]?.intValue,
      let minimum = json["minimum_ns"]?.intValue, let median = json["median_ns"]?.intValue, let maximum = json["maximum_ns"]?.intValue
    else { return nil }
    self.init(
      operation: operation, input: input, count: count, minimum: UInt64(clamping: minimum), median: UInt64(clamping: median),
      maximum: UInt64(clamping: maximum))
  }

  /// - Returns: nil when nothing was measured.
  init?(_ operation: String, _ input: String, _ samples: [UInt64]) {
    let sorted = samples.sorted()
    guard let first = sorted.first, let last = sorted.last else { return nil }
    self.init(
      operation: operation, input: input, count: sorted.count, minimum: first, median: sorted[sorted.count / 2], maximum: last)
  }
}
