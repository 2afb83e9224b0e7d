internal import JSON

/// What came of checking a library.
struct CheckReport {
  let path: String
  let sha256: String
  let seed: UInt64
  var verdicts: [CheckVerdict] = []
  var offer: CheckedOffer?
  var hasBrokenTables = false

  init(path: String, sha256: String, seed: UInt64) {
    self.path = path
    self.sha256 = sha256
    self.seed = seed
  }

  private func count(_ status: CheckVerdict.Status) -> Int { verdicts.count { $0.status == status } }

  /// No check failed. Advice, and checks that did not apply, do not count.
  var isPassed: Bool { count(.fail) == 0 }

  /// The whole of it: for `--json`.
  var document: JSONValue {
    [
      "status": isPassed ? "pass" : "fail", "file": .string(path), "sha256": .string(sha256),
      "plugin": offer.map { ["id": .string($0.id), "version": .string($0.version)] } ?? .null, "seed": .string(String(seed)),
      "counts": ["pass": .int(count(.pass)), "warn": .int(count(.warn)), "fail": .int(count(.fail)), "skip": .int(count(.skip))],
      "checks": .array(verdicts.map(Self.explained)),
    ]
  }

  /// A verdict with what the header says about each broken rule.
  static func explained(_ document: JSONValue) -> JSONValue {
    guard let verdict = CheckVerdict(document) else { return document }
    return explained(verdict)
  }

  private static func explained(_ verdict: CheckVerdict) -> JSONValue {
    var object = verdict.document.objectValue ?? [:]
    guard verdict.status == .fail || verdict.status == .warn else { return .object(object) }
    object["reasons"] = .array(
      verdict.reasons.map { reason in
        let rule = PluginChecks.rule(reason.rule)
        return [
          "rule": .string(reason.rule), "text": .string(reason.text), "header": .string(rule?.header ?? ""),
          "fix": .string(rule?.fix ?? ""),
        ]
      })
    return .object(object)
  }

  /// The last line for people.
  var summary: String {
    let name = offer.map { "\($0.id) \($0.version)" } ?? path
    return
      "\(name): \(count(.pass)) passed, \(count(.warn)) with advice, \(count(.fail)) failed, \(count(.skip)) skipped (seed \(seed))"
  }
}
