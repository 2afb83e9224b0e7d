internal import JSON

/// A figure that the design holds to be within reach, and what this run reached.
struct Target: Sendable {
  var figure: String
  var bound: Double
  var isLowerBound: Bool
  var reached: Double
  var unit: String

  var isMet: Bool { isLowerBound ? reached >= bound : reached <= bound }

  static func table(_ targets: [Target]) -> Table {
    var table = Table("WITHIN REACH", ["figure", "target", "reached", "met"])
    for target in targets {
      let digits = target.bound < 1.5 ? 2 : 1
      let bound = "\(target.isLowerBound ? "≥" : "≤") \(Figure.text(target.bound, digits: target.bound < 1.5 ? 2 : 0)) \(target.unit)"
      table.add([target.figure, bound, "\(Figure.text(target.reached, digits: digits)) \(target.unit)", target.isMet ? "yes" : "no"])
    }
    return table
  }

  var json: JSONValue {
    [
      "figure": JSONValue(figure), "target": JSONValue(bound), "is_lower_bound": JSONValue(isLowerBound), "reached": JSONValue(reached),
      "unit": JSONValue(unit), "met": JSONValue(isMet),
    ]
  }
}
