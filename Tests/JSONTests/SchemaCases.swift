import Testing

/// A schema with instances that it accepts and refuses.
struct SchemaCase: Sendable, CustomTestStringConvertible {
  let schema: String
  let valid: [String]
  let invalid: [String]

  init(_ schema: String, valid: [String] = [], invalid: [String] = []) {
    self.schema = schema
    self.valid = valid
    self.invalid = invalid
  }

  var testDescription: String { schema }

  static let all = scalars + strings + objects + arrays + combinations + references + unevaluated

  private static let scalars = [
    SchemaCase("true", valid: ["1", "null"]),
    SchemaCase("false", invalid: ["1", "null"]),
    SchemaCase("{}", valid: ["1", "[]"]),
    SchemaCase(#"{"type":"null"}"#, valid: ["null"], invalid: ["0", "false", "\"\"", "[]", "{}"]),
    SchemaCase(#"{"type":"boolean"}"#, valid: ["true", "false"], invalid: ["0", "null", "\"true\""]),
    SchemaCase(
      #"{"type":"integer"}"#, valid: ["1", "-1", "1.0", "1e3", "1e400", "12345678901234567890"], invalid: ["1.5", "1e-1", "\"1\""]),
    SchemaCase(#"{"type":"number"}"#, valid: ["1", "1.5"], invalid: ["\"1\"", "null"]),
    SchemaCase(#"{"type":["string","null"]}"#, valid: ["\"\"", "null"], invalid: ["1"]),
    SchemaCase(#"{"type":"object"}"#, valid: ["{}"], invalid: ["[]"]),
    SchemaCase(#"{"type":"array"}"#, valid: ["[]"], invalid: ["{}"]),
    SchemaCase(#"{"const":1}"#, valid: ["1", "1.0", "10e-1"], invalid: ["2", "true", "\"1\""]),
    SchemaCase(#"{"const":{"a":[1,{"b":null}]}}"#, valid: [#"{"a":[1.0,{"b":null}]}"#], invalid: ["{}", #"{"a":[{"b":null},1]}"#]),
    SchemaCase(#"{"const":{"a":1,"b":2}}"#, valid: [#"{"b":2,"a":1}"#], invalid: [#"{"a":1}"#, #"{"a":1,"b":2,"c":3}"#]),
    SchemaCase(#"{"const":"é"}"#, valid: [#""\u00e9""#], invalid: [#""e\u0301""#]),
    SchemaCase(#"{"const":0}"#, valid: ["0", "-0", "0.0", "0e5"], invalid: ["false"]),
    SchemaCase(#"{"enum":["a",1,null,[]]}"#, valid: ["\"a\"", "1.00", "null", "[]"], invalid: ["\"b\"", "2", "{}", "false"]),
    SchemaCase(#"{"enum":[]}"#, invalid: ["1", "null"]),
    SchemaCase(#"{"minimum":1.1}"#, valid: ["1.1", "1.10", "2", "1e99999999999", "\"0\""], invalid: ["1.09", "-5", "1.1e-400", "0"]),
    SchemaCase(#"{"maximum":-2}"#, valid: ["-2", "-2.0", "-3", "-1e999"], invalid: ["-1.999999999999999999999", "0", "1e9"]),
    SchemaCase(#"{"exclusiveMinimum":0}"#, valid: ["1e-999"], invalid: ["0", "-0.0", "-1"]),
    SchemaCase(#"{"exclusiveMaximum":3.0}"#, valid: ["2.999999999999999999999"], invalid: ["3", "3.0", "4"]),
    SchemaCase(#"{"maximum":9007199254740993}"#, valid: ["9007199254740993"], invalid: ["9007199254740994"]),
    SchemaCase(#"{"multipleOf":2}"#, valid: ["0", "4", "-6", "2e30", "\"x\""], invalid: ["1", "3", "2.5", "1e-5"]),
    SchemaCase(#"{"multipleOf":0.01}"#, valid: ["0.07", "4.35", "1", "19.99", "-0.29"], invalid: ["0.005", "0.0101"]),
    SchemaCase(#"{"multipleOf":1.5}"#, valid: ["3", "4.5", "1.5e1", "15000000000000000000000"], invalid: ["4", "1", "1e1"]),
    SchemaCase(
      #"{"multipleOf":3}"#, valid: ["111111111111111111111111111111", "3e999999"], invalid: ["111111111111111111111111111112", "1e999999"]),
    SchemaCase(#"{"multipleOf":100}"#, valid: ["300", "1e5", "0"], invalid: ["310", "1"]),
    SchemaCase(#"{"multipleOf":1e-8}"#, valid: ["12391239123", "0.00000001"], invalid: ["0.000000001"]),
    SchemaCase(
      #"{"multipleOf":0.123456789123456789}"#, valid: ["0.123456789123456789", "1.23456789123456789"], invalid: ["0.123456789123456788"]),
  ]

  private static let strings = [
    SchemaCase(
      #"{"minLength":2}"#, valid: ["\"ab\"", "\"é😀\"", #""\ud83d\ude00x""#, "1"], invalid: ["\"a\"", "\"😀\"", #""\ud83d\ude00""#]),
    SchemaCase(#"{"maxLength":2.0}"#, valid: ["\"ab\"", "\"😀😀\"", "[]"], invalid: ["\"abc\"", "\"e\\u0301x\""]),
    SchemaCase(#"{"maxLength":1e30}"#, valid: ["\"ab\""]),
    SchemaCase(#"{"minLength":1e30}"#, invalid: ["\"ab\""]),
    SchemaCase(#"{"pattern":"^a+$"}"#, valid: ["\"aa\"", "1"], invalid: ["\"ab\"", "\"\""]),
    SchemaCase(#"{"pattern":"b"}"#, valid: ["\"abc\""], invalid: ["\"ac\""]),
    SchemaCase(#"{"format":"email"}"#, valid: ["\"no\"", "1"]),
    SchemaCase(#"{"unknown":{"type":7},"contentEncoding":"base64"}"#, valid: ["1"]),
  ]

  private static let objects = [
    SchemaCase(#"{"required":["a","é"]}"#, valid: [#"{"a":null,"é":1}"#, "[]"], invalid: [#"{"a":1}"#, "{}", #"{"a":1,"e\u0301":1}"#]),
    SchemaCase(#"{"minProperties":1,"maxProperties":2}"#, valid: [#"{"a":1}"#, "[]"], invalid: ["{}", #"{"a":1,"b":2,"c":3}"#]),
    SchemaCase(
      #"{"properties":{"a":{"type":"string"},"b":false}}"#, valid: ["{}", #"{"a":"x","c":1}"#, "[]"], invalid: [#"{"a":1}"#, #"{"b":1}"#]),
    SchemaCase(#"{"properties":{"\u0061":{"type":"string"}}}"#, valid: [#"{"a":""}"#], invalid: [#"{"a":1}"#, #"{"\u0061":1}"#]),
    SchemaCase(
      #"{"patternProperties":{"^x":{"type":"number"},"y$":{"minimum":3}}}"#, valid: [#"{"x":1,"y":4,"xy":5,"z":""}"#],
      invalid: [#"{"x":""}"#, #"{"xy":1}"#]),
    SchemaCase(
      #"{"properties":{"a":true},"patternProperties":{"^x":true},"additionalProperties":{"type":"null"}}"#,
      valid: [#"{"a":1,"x1":2,"b":null}"#],
      invalid: [#"{"b":1}"#]),
    SchemaCase(#"{"additionalProperties":false}"#, valid: ["{}", "1"], invalid: [#"{"a":1}"#]),
    SchemaCase(#"{"allOf":[{"properties":{"a":true}}],"additionalProperties":false}"#, invalid: [#"{"a":1}"#]),
    SchemaCase(#"{"propertyNames":{"maxLength":2}}"#, valid: [#"{"ab":1}"#, "{}"], invalid: [#"{"abc":1}"#]),
    SchemaCase(#"{"propertyNames":false}"#, valid: ["{}"], invalid: [#"{"a":1}"#]),
    SchemaCase(
      #"{"dependentRequired":{"a":["b","c"]}}"#, valid: ["{}", #"{"b":1}"#, #"{"a":1,"b":2,"c":3}"#], invalid: [#"{"a":1,"b":2}"#]),
    SchemaCase(
      #"{"dependentSchemas":{"a":{"required":["b"]},"c":false}}"#, valid: ["{}", #"{"a":1,"b":2}"#], invalid: [#"{"a":1}"#, #"{"c":1}"#]),
  ]

  private static let arrays = [
    SchemaCase(#"{"items":{"type":"number"}}"#, valid: ["[]", "[1,2.5]", "{}"], invalid: ["[1,\"2\"]"]),
    SchemaCase(#"{"items":false}"#, valid: ["[]"], invalid: ["[1]"]),
    SchemaCase(
      #"{"prefixItems":[{"type":"number"},{"type":"string"}]}"#, valid: ["[]", "[1]", "[1,\"\"]", "[1,\"\",null]"],
      invalid: ["[\"\"]", "[1,2]"]),
    SchemaCase(#"{"prefixItems":[true],"items":{"type":"null"}}"#, valid: ["[1]", "[1,null]"], invalid: ["[1,2]"]),
    SchemaCase(#"{"items":[{"type":"number"}],"additionalItems":false}"#, valid: ["[1]", "[]"], invalid: ["[\"\"]", "[1,2]"]),
    SchemaCase(#"{"additionalItems":false}"#, valid: ["[1]"]),
    SchemaCase(#"{"minItems":1,"maxItems":2}"#, valid: ["[1]", "[1,2]", "{}"], invalid: ["[]", "[1,2,3]"]),
    SchemaCase(
      #"{"uniqueItems":true}"#, valid: ["[]", "[1,2]", "[1,true,\"1\"]", "[[1],[2]]", #"["é","e\u0301"]"#],
      invalid: ["[1,1]", "[1,1.0]", #"[{"a":1,"b":2},{"b":2,"a":1.0}]"#, "[[0],[-0]]"]),
    SchemaCase(#"{"uniqueItems":false}"#, valid: ["[1,1]"]),
    SchemaCase(#"{"contains":{"minimum":5}}"#, valid: ["[1,5]", "{}"], invalid: ["[]", "[1,2]"]),
    SchemaCase(
      #"{"contains":{"const":1},"minContains":2,"maxContains":3}"#, valid: ["[1,1]", "[1,2,1,1]"], invalid: ["[1]", "[1,1,1,1]"]),
    SchemaCase(#"{"contains":{"const":1},"minContains":0}"#, valid: ["[]", "[2]"]),
    SchemaCase(#"{"minContains":2,"maxContains":0}"#, valid: ["[]", "[1]"]),
  ]

  private static let combinations = [
    SchemaCase(#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, valid: ["2"], invalid: ["0", "4"]),
    SchemaCase(#"{"anyOf":[{"type":"string"},{"minimum":3}]}"#, valid: ["\"\"", "3"], invalid: ["2"]),
    SchemaCase(#"{"oneOf":[{"multipleOf":2},{"multipleOf":3}]}"#, valid: ["2", "3"], invalid: ["6", "5"]),
    SchemaCase(#"{"not":{"type":"string"}}"#, valid: ["1"], invalid: ["\"\""]),
    SchemaCase(#"{"not":{"not":{"type":"string"}}}"#, valid: ["\"\""], invalid: ["1"]),
    SchemaCase(#"{"if":{"minimum":10},"then":{"multipleOf":10},"else":{"multipleOf":3}}"#, valid: ["20", "9"], invalid: ["15", "8"]),
    SchemaCase(#"{"if":{"minimum":10},"then":false}"#, valid: ["9"], invalid: ["10"]),
    SchemaCase(#"{"then":false,"else":false}"#, valid: ["9"]),
    SchemaCase(#"{"if":false,"else":{"type":"null"}}"#, valid: ["null"], invalid: ["1"]),
  ]

  private static let references = [
    SchemaCase(
      ##"{"properties":{"next":{"$ref":"#"},"v":{"type":"number"}},"additionalProperties":false}"##, valid: [#"{"next":{"next":{"v":1}}}"#],
      invalid: [#"{"next":{"next":{"v":""}}}"#]),
    SchemaCase(##"{"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":{"type":"null"}}}"##, valid: ["null"], invalid: ["1"]),
    SchemaCase(##"{"$ref":"#/$defs/a","minimum":3,"$defs":{"a":{"maximum":5}}}"##, valid: ["4"], invalid: ["2", "6"]),
    SchemaCase(##"{"$ref":"#/definitions/a","definitions":{"a":{"type":"null"}}}"##, valid: ["null"], invalid: ["1"]),
    SchemaCase(##"{"$ref":"#/elsewhere/0","elsewhere":[{"type":"null"}]}"##, valid: ["null"], invalid: ["1"]),
    SchemaCase(##"{"items":{"$ref":"#/prefixItems/0"},"prefixItems":[{"type":"number"}]}"##, valid: ["[1,2]"], invalid: ["[1,\"\"]"]),
    SchemaCase(##"{"$ref":"#here","$defs":{"x":{"$anchor":"here","type":"null"}}}"##, valid: ["null"], invalid: ["1"]),
    SchemaCase(
      ##"{"$id":"https://example.com/root.json","$ref":"item.json","$defs":{"i":{"$id":"item.json","$ref":"#/$defs/n","$defs":{"n":{"type":"null"}}}}}"##,
      valid: ["null"],
      invalid: ["1"]),
    SchemaCase(
      ##"{"$id":"https://example.com/a/root.json","$ref":"/b/c.json#x","$defs":{"i":{"$id":"../b/c.json","$defs":{"n":{"$anchor":"x","type":"null"}}}}}"##,
      valid: ["null"],
      invalid: ["1"]),
    SchemaCase(
      ##"{"$id":"https://example.com/root.json","$ref":"https://example.com/root.json#/$defs/n","$defs":{"n":{"type":"null"}}}"##,
      valid: ["null"], invalid: ["1"]),
    SchemaCase(
      ##"{"$id":"urn:example:root","$ref":"urn:example:root#/$defs/n","$defs":{"n":{"type":"null"}}}"##, valid: ["null"], invalid: ["1"]),
    SchemaCase(##"{"const":{"$ref":"#/nowhere"}}"##, valid: [##"{"$ref":"#/nowhere"}"##], invalid: ["1"]),
    SchemaCase(##"{"properties":{"$ref":{"type":"string"}}}"##, valid: [##"{"$ref":"a"}"##], invalid: [##"{"$ref":1}"##]),
    SchemaCase(
      ##"{"$id":"https://e.com/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,"##
        + ##""$defs":{"t":{"$id":"tree","$dynamicAnchor":"node","properties":{"data":true,"children":{"items":{"$dynamicRef":"#node"}}}}}}"##,
      valid: [#"{"children":[{"data":1}]}"#], invalid: [#"{"children":[{"daat":1}]}"#, #"{"daat":1}"#]),
    SchemaCase(
      ##"{"$id":"https://e.com/list-of-strings","$ref":"list","$defs":{"item":{"$dynamicAnchor":"item","type":"string"},"##
        + ##""list":{"$id":"list","items":{"$dynamicRef":"#item"},"$defs":{"any":{"$dynamicAnchor":"item"}}}}}"##, valid: ["[\"a\"]"],
      invalid: ["[1]"]),
    SchemaCase(##"{"$dynamicRef":"#a","$defs":{"a":{"$anchor":"a","type":"null"}}}"##, valid: ["null"], invalid: ["1"]),
  ]

  private static let unevaluated = [
    SchemaCase(#"{"properties":{"a":true},"unevaluatedProperties":false}"#, valid: [#"{"a":1}"#, "[]"], invalid: [#"{"b":1}"#]),
    SchemaCase(#"{"unevaluatedProperties":{"type":"null"}}"#, valid: [#"{"a":null}"#], invalid: [#"{"a":1}"#]),
    SchemaCase(
      #"{"unevaluatedProperties":false,"allOf":[{"properties":{"a":true}},{"patternProperties":{"^b":true}}]}"#,
      valid: [#"{"a":1,"b1":2}"#], invalid: [#"{"c":1}"#]),
    SchemaCase(
      #"{"anyOf":[{"properties":{"a":{"const":1}},"required":["a"]},{"properties":{"b":{"const":2}},"required":["b"]}],"unevaluatedProperties":false}"#,
      valid: [#"{"a":1}"#, #"{"b":2}"#, #"{"a":1,"b":2}"#], invalid: [#"{"a":1,"b":3}"#, #"{"a":1,"c":3}"#]),
    SchemaCase(#"{"not":{"not":{"properties":{"a":true}}},"unevaluatedProperties":false}"#, valid: ["{}"], invalid: [#"{"a":1}"#]),
    SchemaCase(
      #"{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"x":true}},"else":{"properties":{"y":true}},"unevaluatedProperties":false}"#,
      valid: [#"{"k":1,"x":1}"#, #"{"y":1}"#], invalid: [#"{"k":1,"y":1}"#, #"{"k":2,"y":1}"#]),
    SchemaCase(
      #"{"dependentSchemas":{"a":{"properties":{"a":true,"b":true}}},"unevaluatedProperties":false}"#, valid: [#"{"a":1,"b":1}"#],
      invalid: [#"{"b":1}"#]),
    SchemaCase(#"{"allOf":[{"additionalProperties":true}],"unevaluatedProperties":false}"#, valid: [#"{"a":1}"#]),
    SchemaCase(#"{"allOf":[{"unevaluatedProperties":true}],"unevaluatedProperties":false}"#, valid: [#"{"a":1}"#]),
    SchemaCase(
      #"{"properties":{"o":{"properties":{"a":true},"unevaluatedProperties":false}},"unevaluatedProperties":false}"#,
      valid: [#"{"o":{"a":1}}"#],
      invalid: [#"{"o":{"b":1}}"#, #"{"o":{},"a":1}"#]),
    SchemaCase(
      ##"{"$ref":"#/$defs/b","properties":{"a":true},"unevaluatedProperties":false,"$defs":{"b":{"properties":{"b":true}}}}"##,
      valid: [#"{"a":1,"b":1}"#], invalid: [#"{"c":1}"#]),
    SchemaCase(#"{"prefixItems":[true],"unevaluatedItems":false}"#, valid: ["[]", "[1]", "{}"], invalid: ["[1,2]"]),
    SchemaCase(
      #"{"allOf":[{"prefixItems":[true,true]}],"prefixItems":[true],"unevaluatedItems":{"type":"null"}}"#, valid: ["[1,2,null]"],
      invalid: ["[1,2,3]"]),
    SchemaCase(#"{"allOf":[{"items":true}],"unevaluatedItems":false}"#, valid: ["[1,2]"]),
    SchemaCase(#"{"contains":{"type":"string"},"unevaluatedItems":false}"#, valid: ["[\"a\",\"b\"]"], invalid: ["[\"a\",1]", "[]"]),
    SchemaCase(
      #"{"allOf":[{"contains":{"multipleOf":2}},{"contains":{"multipleOf":3}}],"unevaluatedItems":{"multipleOf":5}}"#,
      valid: ["[2,3,4,5,6]"], invalid: ["[2,3,4,7,8]"]),
  ]
}
