/// Keywords for objects.
extension SchemaEvaluation {
  mutating func checkObject(
    _ keyword: SchemaKeyword, _ instance: JSONValue, _ object: JSONObject, _ evaluated: inout Evaluated
  ) -> Bool {
    switch keyword {
    case .required(let names): return checkRequired(names, object, "required") { _ in "is missing" }
    case .dependentRequired(let dependencies): return checkDependentRequired(dependencies, object)
    case .members(let schemas): return checkMembers(schemas, object, &evaluated)
    case .propertyNames(let index): return checkNames(index, object)
    case .dependentSchemas(let dependencies):
      return all(dependencies) { evaluation, dependency in
        guard evaluation.spend(onName: dependency.name) else { return false }
        return object[dependency.name] == nil || evaluation.evaluate(dependency.schema, instance, &evaluated)
      }
    case .unevaluatedProperties(let index):
      let seen = evaluated
      evaluated.all = true
      return all(zip(object.keys, object.values).enumerated()) { evaluation, member in
        seen.contains(member.offset)
          || evaluation.checkMember(index, member.element.0, member.element.1, "unevaluatedProperties")
      }
    default: return true
    }
  }

  private mutating func checkRequired(
    _ names: [String], _ object: JSONObject, _ keyword: String, _ explain: (String) -> String
  ) -> Bool {
    all(names) { evaluation, name in
      evaluation.spend(onName: name) && (object[name] != nil || evaluation.fail(keyword, "member \"\(name)\" \(explain(name))"))
    }
  }

  private mutating func checkDependentRequired(_ dependencies: [(name: String, required: [String])], _ object: JSONObject) -> Bool {
    all(dependencies) { evaluation, dependency in
      guard evaluation.spend(onName: dependency.name) else { return false }
      return object[dependency.name] == nil
        || evaluation.checkRequired(dependency.required, object, "dependentRequired") { _ in
          "is missing, which \"\(dependency.name)\" requires"
        }
    }
  }

  private mutating func checkMembers(_ schemas: MemberSchemas, _ object: JSONObject, _ evaluated: inout Evaluated) -> Bool {
    var seen: Set<Int> = []
    let isValid = all(zip(object.keys, object.values).enumerated()) { evaluation, member in
      let (name, value) = member.element
      guard evaluation.spend(onName: name) else { return false }
      var targets = schemas.named[ExactString(name)].map { [$0] } ?? []
      for (pattern, schema) in schemas.patterned where evaluation.matches(pattern, name) { targets.append(schema) }
      if targets.isEmpty, let additional = schemas.additional {
        seen.insert(member.offset)
        return evaluation.checkMember(additional, name, value, "additionalProperties")
      }
      if !targets.isEmpty { seen.insert(member.offset) }
      return evaluation.all(targets) { $0.evaluate($1, at: .name(name), value) }
    }
    evaluated.positions.formUnion(seen)
    return isValid
  }

  /// A member that only a catch-all keyword covers. Where that says `false`, the keyword is what the reader wants to hear about.
  private mutating func checkMember(_ index: Int, _ name: String, _ value: JSONValue, _ keyword: String) -> Bool {
    guard case .never? = schema.subschemas[index].keywords.first else { return evaluate(index, at: .name(name), value) }
    return fail(keyword, at: .name(name), "is not a known member")
  }

  private mutating func checkNames(_ index: Int, _ object: JSONObject) -> Bool {
    all(object.keys) { evaluation, name in
      var unused = Evaluated()
      return evaluation.passes(index, .string(name), &unused)
        || evaluation.fail("propertyNames", at: .name(name), "has a name that is not permitted")
    }
  }

  /// Whether all pass; looks at all of them as long as that can tell more.
  mutating func all<Items: Sequence>(_ items: Items, _ check: (inout SchemaEvaluation, Items.Element) -> Bool) -> Bool {
    var isValid = true
    for item in items where !check(&self, item) {
      isValid = false
      if isDecided { break }
    }
    return isValid
  }
}

/// Keywords for arrays.
extension SchemaEvaluation {
  mutating func checkArray(_ keyword: SchemaKeyword, _ elements: [JSONValue], _ evaluated: inout Evaluated) -> Bool {
    switch keyword {
    case .uniqueItems: return checkUnique(elements)
    case .items(let schemas): return checkItems(schemas, elements, &evaluated)
    case .contains(let index, let least, let most): return checkContains(index, least, most, elements, &evaluated)
    case .unevaluatedItems(let index):
      let seen = evaluated
      evaluated.all = true
      return all(elements.indices) { evaluation, position in
        seen.contains(position) || evaluation.checkElement(index, position, elements[position], "unevaluatedItems")
      }
    default: return true
    }
  }

  private mutating func checkUnique(_ elements: [JSONValue]) -> Bool {
    var seen: Set<JSONValue> = []
    for (position, element) in elements.enumerated() {
      guard spend(element.weight) else { return false }
      guard seen.insert(element.canonical).inserted else {
        return fail("uniqueItems", at: .index(position), "is equal to an earlier element")
      }
    }
    return true
  }

  private mutating func checkItems(_ schemas: ItemSchemas, _ elements: [JSONValue], _ evaluated: inout Evaluated) -> Bool {
    let prefix = min(schemas.prefix.count, elements.count)
    if schemas.rest != nil { evaluated.all = true } else { evaluated.positions.formUnion(0..<prefix) }
    return all(elements.indices) { evaluation, position in
      guard position >= prefix else { return evaluation.evaluate(schemas.prefix[position], at: .index(position), elements[position]) }
      return schemas.rest.map { evaluation.checkElement($0, position, elements[position], schemas.restKeyword) } ?? true
    }
  }

  private mutating func checkElement(_ index: Int, _ position: Int, _ element: JSONValue, _ keyword: String) -> Bool {
    guard case .never? = schema.subschemas[index].keywords.first else { return evaluate(index, at: .index(position), element) }
    return fail(keyword, at: .index(position), "is one element too many")
  }

  private mutating func checkContains(
    _ index: Int, _ least: Int, _ most: Int?, _ elements: [JSONValue], _ evaluated: inout Evaluated
  ) -> Bool {
    var found: Set<Int> = []
    for (position, element) in elements.enumerated() {
      var unused = Evaluated()
      if passes(index, element, &unused) { found.insert(position) }
    }
    evaluated.positions.formUnion(found)
    if found.count < least {
      return fail(
        least == 1 ? "contains" : "minContains", "has \(found.count) elements of the kind of which at least \(least) must be there")
    }
    guard let most, found.count > most else { return true }
    return fail("maxContains", "has \(found.count) elements of the kind of which at most \(most) may be there")
  }
}
