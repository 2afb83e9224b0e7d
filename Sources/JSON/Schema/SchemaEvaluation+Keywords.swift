extension SchemaEvaluation {
  mutating func check(_ keyword: SchemaKeyword, _ instance: JSONValue, _ evaluated: inout Evaluated) -> Bool {
    switch keyword {
    case .never: return fail("false", "is not permitted here")
    case .type(let types):
      return types.allows(instance) ? true : fail("type", "is \(instance.kind.phrase), expected \(types.description)")
    case .constant(let value):
      return isEqual(instance, toOneOf: value) ? true : fail("const", "is not the one value permitted")
    case .enumeration(let values):
      return isEqual(instance, toOneOf: values) ? true : fail("enum", "is none of the \(values.values.count) values permitted")
    case .bound, .multipleOf: return checkNumber(keyword, instance)
    case .size(let bound): return checkSize(bound, instance)
    case .pattern(let pattern):
      guard case .string(let text) = instance else { return true }
      return matches(pattern, text) ? true : fail("pattern", "does not match the pattern")
    case .required, .dependentRequired, .members, .propertyNames, .dependentSchemas, .unevaluatedProperties:
      guard case .object(let object) = instance else { return true }
      return checkObject(keyword, instance, object, &evaluated)
    case .uniqueItems, .items, .contains, .unevaluatedItems:
      guard case .array(let elements) = instance else { return true }
      return checkArray(keyword, elements, &evaluated)
    default: return checkInPlace(keyword, instance, &evaluated)
    }
  }

  private func checkedNumber(_ instance: JSONValue) -> Decimal? {
    guard case .number(let number) = instance else { return nil }
    return Decimal(number.text.utf8)
  }

  private mutating func checkNumber(_ keyword: SchemaKeyword, _ instance: JSONValue) -> Bool {
    guard let number = checkedNumber(instance), spend(number.digits.count) else { return true }
    switch keyword {
    case .bound(let bound):
      return bound.allows(number) ? true : fail(bound.keyword.rawValue, "is a number that is not \(bound.demand)")
    case .multipleOf(let coefficient, let power, let text):
      let isMultiple = number.isMultiple(ofCoefficient: coefficient, power: power)
      return isMultiple ? true : fail("multipleOf", "is a number that is no multiple of \(text)")
    default: return true
    }
  }

  private mutating func checkSize(_ bound: SizeBound, _ instance: JSONValue) -> Bool {
    let size: Int
    switch (instance, bound.kind) {
    case (.string(let text), .string):
      guard spend(text.utf8.count / 16) else { return false }
      size = text.unicodeScalars.count
    case (.array(let elements), .array): size = elements.count
    case (.object(let members), .object): size = members.count
    default: return true
    }
    return bound.allows(size) ? true : fail(bound.keyword.rawValue, bound.message(for: size))
  }

  mutating func matches(_ pattern: Pattern, _ text: String) -> Bool {
    guard spend(1) else { return false }
    guard let isMatch = pattern.matches(text, steps: &steps) else { return spend(1) }
    return isMatch
  }

  /// Costs as much as the instance is large.
  mutating func isEqual(_ instance: JSONValue, toOneOf permitted: PermittedValues) -> Bool {
    guard permitted.kinds.contains(instance.kind), spend(instance.weight) else { return false }
    return permitted.values.contains(instance.canonical)
  }
}

/// Keywords that apply other schemas to the same value.
extension SchemaEvaluation {
  mutating func checkInPlace(_ keyword: SchemaKeyword, _ instance: JSONValue, _ evaluated: inout Evaluated) -> Bool {
    switch keyword {
    case .allOf(let schemas): return checkAll(schemas, instance, &evaluated)
    case .anyOf(let schemas):
      let count = countPassing(schemas, instance, &evaluated, enough: schema.tracksEvaluation ? .max : 1)
      return count > 0 ? true : fail("anyOf", "fits none of the \(schemas.count) alternatives")
    case .oneOf(let schemas):
      let count = countPassing(schemas, instance, &evaluated, enough: 2)
      let finding = count == 0 ? "fits none of" : "fits more than one of"
      return count == 1 ? true : fail("oneOf", "\(finding) the \(schemas.count) alternatives")
    case .not(let index):
      var unused = Evaluated()
      return passes(index, instance, &unused) ? fail("not", "fits what is excluded") : true
    case .conditional(let test, let then, let otherwise):
      let branch = passes(test, instance, &evaluated) ? then : otherwise
      return branch.map { evaluate($0, instance, &evaluated) } ?? true
    case .reference(let index): return evaluate(index, instance, &evaluated)
    case .dynamicReference(let index, let anchor):
      guard spend(dynamicScope.count) else { return false }
      return evaluate(dynamicTarget(anchor, fallback: index), instance, &evaluated)
    default: return true
    }
  }

  private mutating func checkAll(_ schemas: [Int], _ instance: JSONValue, _ evaluated: inout Evaluated) -> Bool {
    var isValid = true
    for index in schemas where !evaluate(index, instance, &evaluated) {
      isValid = false
      if isDecided { break }
    }
    return isValid
  }

  private mutating func countPassing(_ schemas: [Int], _ instance: JSONValue, _ evaluated: inout Evaluated, enough: Int) -> Int {
    var count = 0
    for index in schemas where passes(index, instance, &evaluated) {
      count += 1
      if count >= enough { break }
    }
    return count
  }
}

extension JSONValue {
  /// What it costs, roughly, to look at all of it: one a value and a sixteenth of its text.
  var weight: Int {
    switch self {
    case .null, .bool: 1
    case .number(let number): 1 + number.text.utf8.count / 16
    case .string(let text): 1 + text.utf8.count / 16
    case .array(let elements): elements.reduce(1) { $0 + $1.weight }
    case .object(let members): members.reduce(1) { $0 + $1.key.utf8.count / 16 + $1.value.weight }
    }
  }
}
