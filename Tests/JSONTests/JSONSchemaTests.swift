import Testing

@testable import JSON

@Suite struct JSONSchemaTests {
  @Test(arguments: SchemaCase.all)
  func `a keyword accepts and refuses`(_ example: SchemaCase) throws {
    let schema = try JSONSchema(parse(example.schema))
    for instance in example.valid {
      #expect(try schema.validate(parse(instance)).map(\.description) == [], "\(instance)")
    }
    for instance in example.invalid {
      let violations = try schema.validate(parse(instance))
      #expect(!violations.isEmpty, "\(instance)")
      #expect(!violations.contains { $0.keyword == JSONSchemaViolation.limit }, "\(instance)")
    }
  }

  @Test(
    arguments: [
      (#"{"type":"strin"}"#, "/type", "type names"), (#"{"type":7}"#, "/type", "expected a string"),
      (#"{"properties":{"a":1}}"#, "/properties/a", "object or a boolean"),
      ("[]", "", "object or a boolean"), (#"{"properties":[]}"#, "/properties", "expected an object"),
      (#"{"required":"a"}"#, "/required", "expected an array"),
      (#"{"required":[1]}"#, "/required/0", "expected a string"), (#"{"minLength":-1}"#, "/minLength", "not negative"),
      (#"{"minLength":1.5}"#, "/minLength", "integer"),
      (#"{"minimum":"1"}"#, "/minimum", "expected a number"), (#"{"multipleOf":0}"#, "/multipleOf", "above 0"),
      (#"{"multipleOf":-2}"#, "/multipleOf", "above 0"),
      (#"{"pattern":"("}"#, "/pattern", "unusable pattern"), (#"{"pattern":"(?=a)"}"#, "/pattern", "lookahead"),
      (#"{"patternProperties":{"[":true}}"#, "/patternProperties/[", "unusable pattern"),
      (#"{"uniqueItems":1}"#, "/uniqueItems", "expected a boolean"),
      (#"{"allOf":{}}"#, "/allOf", "expected an array"), (#"{"enum":1}"#, "/enum", "expected an array"),
      (#"{"exclusiveMinimum":true}"#, "/exclusiveMinimum", "a boolean"),
      (#"{"$ref":"https://example.com/x"}"#, "/$ref", "not fetched"), (#"{"$ref":"other.json#/a"}"#, "/$ref", "not fetched"),
      (##"{"$ref":"#/$defs/missing"}"##, "/$ref", "leads to nothing"), (##"{"$ref":"#missing"}"##, "/$ref", "leads to nothing"),
      (##"{"$ref":"#/%zz"}"##, "/$ref", "leads to nothing"),
      (
        ##"{"items":[{"a/b":1,"properties":{"x~/y":{"$dynamicRef":"#no"}}}]}"##, "/items/0/properties/x~0~1y/$dynamicRef",
        "leads to nothing"
      ),
      (#"{"$ref":"https://json-schema.org/draft/2020-12/schema"}"#, "/$ref", "not fetched"),
      (#"{"$defs":{"unused":{"type":"x"}}}"#, "/$defs/unused/type", "type names"),
    ])
  func `a schema that is wrong or leaves the document is refused with its place`(text: String, pointer: String, message: String) throws {
    let error = try #require(throws: JSONSchemaError.self) { try JSONSchema(parse(text)) }
    #expect(error.pointer == pointer)
    #expect(error.message.contains(message), "\(error)")
  }

  @Test func `violations name place and keyword, and no text of the instance`() throws {
    let schema = try JSONSchema(
      parse(
        #"""
        {"type":"object","required":["name","size"],"additionalProperties":false,"properties":{
          "name":{"type":"string","minLength":30,"pattern":"^x"},"size":{"type":"integer","minimum":10,"multipleOf":7},
          "tags":{"type":"array","uniqueItems":true,"items":{"enum":["a","b"]},"maxItems":2},"a/b":{"const":"s"}}}
        """#))
    let instance = try parse(#"{"name":"hunter2-secret","size":3.0,"tags":["secret","secret","a"],"a/b":"secret","extra":"secret"}"#)
    let violations = schema.validate(instance)
    #expect(
      violations.map { "\($0.pointer) \($0.keyword)" } == [
        "/name minLength", "/name pattern", "/size minimum", "/size multipleOf", "/tags/1 uniqueItems", "/tags maxItems", "/tags/0 enum",
        "/tags/1 enum", "/a~1b const",
        "/extra additionalProperties",
      ])
    #expect(!violations.contains { $0.description.contains("secret") })
    #expect(violations[0].description == "/name: has 14 characters, fewer than the 30 required")
    #expect(try schema.validate(parse("[]")).map(\.description) == ["value: is an array, expected object"])
    #expect(try schema.validate(parse("{}")).map(\.message) == ["member \"name\" is missing", "member \"size\" is missing"])
  }

  @Test func `the number of violations is bounded`() throws {
    let schema = try JSONSchema(parse(#"{"items":{"type":"string"}}"#))
    #expect(
      try schema.validate(parse("[" + repeatElement("1", count: 1000).joined(separator: ",") + "]")).count == JSONSchema.maxViolations)
  }

  @Test(
    arguments: [
      (##"{"$ref":"#"}"##, "1"), (##"{"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}}"##, "1"),
      (##"{"not":{"$ref":"#"}}"##, "1"), (##"{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}"##, "1"),
      (##"{"$dynamicAnchor":"a","allOf":[{"$dynamicRef":"#a"}]}"##, "1"),
    ])
  func `a schema that refers to itself without end is given up`(text: String, instance: String) throws {
    let violations = try JSONSchema(parse(text)).validate(parse(instance))
    #expect(violations.map(\.keyword) == [JSONSchemaViolation.limit])
  }

  @Test func `a schema that doubles its work at each level is given up`() throws {
    let levels = (0..<40).map { "\"l\($0)\":{\"allOf\":[{\"$ref\":\"#/$defs/l\($0 + 1)\"},{\"$ref\":\"#/$defs/l\($0 + 1)\"}]}" }
    let schema = try JSONSchema(parse("{\"$ref\":\"#/$defs/l0\",\"$defs\":{\(levels.joined(separator: ",")),\"l40\":{}}}"))
    #expect(try schema.validate(parse("1"), maxSteps: 100_000).map(\.keyword) == [JSONSchemaViolation.limit])
  }

  @Test func `a chain of references of any length compiles`() throws {
    let links = (0..<20_000).map { "\"l\($0)\":{\"$ref\":\"#/$defs/l\($0 + 1)\"}" }
    let schema = try JSONSchema(
      parse("{\"$ref\":\"#/$defs/l19990\",\"$defs\":{\(links.joined(separator: ",")),\"l20000\":{\"type\":\"null\"}}}"))
    #expect(try schema.validate(parse("null")).isEmpty)
    #expect(try schema.validate(parse("1")).map(\.keyword) == ["type"])
  }

  @Test func `patterns and comparisons draw on the same budget`() throws {
    let text = "\"" + String(repeating: "a", count: 100_000) + "\""
    let pattern = try JSONSchema(parse(#"{"pattern":"^(a|a)*b"}"#))
    #expect(try pattern.validate(parse(text), maxSteps: 10_000).map(\.keyword) == [JSONSchemaViolation.limit])
    let unique = try JSONSchema(parse(#"{"uniqueItems":true}"#))
    #expect(
      try unique.validate(parse("[" + (0..<1000).map(String.init).joined(separator: ",") + "]"), maxSteps: 100).map(\.keyword) == [
        JSONSchemaViolation.limit
      ])
  }

  @Test func `an instance that a tree cannot hold is not passed`() throws {
    let schema = try JSONSchema(parse("true"))
    #expect(try schema.validate(parse(#"{"\ud800":1,"\ud801":2}"#)).map(\.keyword) == [JSONSchemaViolation.limit])
    #expect(try schema.validate(parse(#"{"\ud800":1}"#)).isEmpty)
  }

  @Test func `a schema within a larger document is compiled in place`() throws {
    let tool = try parse(##"{"name":"t","inputSchema":{"properties":{"a":{"$ref":"#/$defs/n"}},"$defs":{"n":{"type":"number"}}}}"##)
    let schema = try JSONSchema(#require(tool["inputSchema"]))
    #expect(try schema.validate(parse(#"{"a":1}"#)).isEmpty)
    #expect(try schema.validate(parse(#"{"a":"1"}"#)).map(\.pointer) == ["/a"])
  }
}
