/// One validation of one instance: where it is, what it has found, and what it may still spend.
struct SchemaEvaluation {
  let schema: JSONSchema
  var steps: Int
  private(set) var violations: [JSONSchemaViolation] = []
  /// Above zero while only validity matters, as under `not`: nothing is reported and the first failure decides.
  var silence = 0
  private var path: [PathToken] = []
  /// The resources that were entered to get here, for `$dynamicRef`.
  private(set) var dynamicScope: [Int] = []
  private var depth = 0
  private var limitMessage: String?

  /// One step down in the instance.
  enum PathToken {
    case name(String)
    case index(Int)
  }

  /// What of one object or array successful keywords have looked at.
  struct Evaluated {
    /// Positions of members or elements.
    var positions: Set<Int> = []
    var all = false
    func contains(_ position: Int) -> Bool { all || positions.contains(position) }
    mutating func formUnion(_ other: Evaluated) {
      positions.formUnion(other.positions)
      all = all || other.all
    }
  }

  init(schema: JSONSchema, maxSteps: Int) {
    self.schema = schema
    steps = maxSteps
  }

  mutating func run(_ instance: RawJSON) -> [JSONSchemaViolation] {
    guard let tree = instance.exactTree else {
      return [
        JSONSchemaViolation(
          pointer: "", keyword: JSONSchemaViolation.limit, message: "has member names that differ only in lone surrogates")
      ]
    }
    var evaluated = Evaluated()
    _ = evaluate(schema.root, tree, &evaluated)
    guard let limitMessage else { return violations }
    return [JSONSchemaViolation(pointer: "", keyword: JSONSchemaViolation.limit, message: limitMessage)]
  }

  /// Whether the instance is valid under a subschema. What was looked at is added only if it is.
  mutating func evaluate(_ index: Int, _ instance: JSONValue, _ evaluated: inout Evaluated) -> Bool {
    guard spend(1) else { return false }
    guard depth < JSONSchema.deepestEvaluation else { return giveUp("schema and value nest too deep to validate") }
    depth += 1
    let subschema = schema.subschemas[index]
    let entersResource = dynamicScope.last != subschema.resource
    if entersResource { dynamicScope.append(subschema.resource) }
    defer {
      depth -= 1
      if entersResource { dynamicScope.removeLast() }
    }
    var own = Evaluated()
    var isValid = true
    for keyword in subschema.keywords where !check(keyword, instance, &own) {
      isValid = false
      if isDecided { break }
    }
    guard isValid, schema.tracksEvaluation, spend(own.positions.count) else { return isValid }
    evaluated.formUnion(own)
    return true
  }

  /// As `evaluate`, one step down in the instance.
  mutating func evaluate(_ index: Int, at token: PathToken, _ instance: JSONValue) -> Bool {
    path.append(token)
    defer { path.removeLast() }
    var evaluated = Evaluated()
    return evaluate(index, instance, &evaluated)
  }

  /// As `evaluate`, without reporting.
  mutating func passes(_ index: Int, _ instance: JSONValue, _ evaluated: inout Evaluated) -> Bool {
    silence += 1
    defer { silence -= 1 }
    return evaluate(index, instance, &evaluated)
  }

  /// After a failure: whether looking further is of no use.
  var isDecided: Bool { silence > 0 || limitMessage != nil || violations.count >= JSONSchema.maxViolations }

  /// Pays for hashing and comparing a name.
  mutating func spend(onName name: String) -> Bool { spend(1 + name.utf8.count / 16) }

  /// False when there is nothing left to spend.
  mutating func spend(_ cost: Int) -> Bool {
    steps -= cost
    return steps >= 0 && limitMessage == nil ? true : giveUp("takes more work to validate than is permitted")
  }

  mutating func giveUp(_ message: String) -> Bool {
    limitMessage = limitMessage ?? message
    return false
  }

  /// Reports a violation here, or at the child that `token` leads to. Always false.
  mutating func fail(_ keyword: String, at token: PathToken? = nil, _ message: @autoclosure () -> String) -> Bool {
    guard !isDecided else { return false }
    var pointer: [UInt8] = []
    for step in path + (token.map { [$0] } ?? []) {
      switch step {
      case .name(let name): JSONPointer.append(name.utf8, to: &pointer)
      case .index(let index): JSONPointer.append(String(index).utf8, to: &pointer)
      }
    }
    violations.append(JSONSchemaViolation(pointer: String(decoding: pointer, as: UTF8.self), keyword: keyword, message: message()))
    return false
  }

  /// The outermost resource on the way here that has the dynamic anchor; `fallback` when none has.
  func dynamicTarget(_ anchor: ExactString, fallback: Int) -> Int {
    dynamicScope.lazy.compactMap { schema.dynamicAnchors[$0][anchor] }.first ?? fallback
  }
}
