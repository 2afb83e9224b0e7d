import JSON
import Testing

@testable import Host

@Suite struct ConfigSchemaTests {
  @Test func `the example is read without a mistake, and shows what every key holds`() throws {
    let learned = try ConfigReader.schema(from: Array(ConfigExample.text.utf8))
    // Files and addresses of an example need not be there.
    #expect(learned.errors.filter { !$0.reason.contains("cannot be read") }.map(\.description) == [])
    #expect(learned.unknown == [])
  }

  @Test(arguments: [
    ("gateway/port", #"{"type":["integer","null"],"minimum":0,"maximum":65535}"#),
    ("plugins/trust", #"{"enum":["any","allowlist","signed",null]}"#),
    ("mcp_configs/*/mcp_config/*/config/url", #"{"type":["string","null"]}"#),
    ("mcp_configs/*/mcp_config/*/server_name", #"{"type":"string","minLength":1}"#),
    ("projects/*/users", #"{"type":["array","null"],"items":{"type":"string"}}"#),
    ("common_mcp_gateway_config/enkrypt_use_remote_mcp_config", #"{"enum":[false,null]}"#),
  ])
  func `a key's schema is what the reader asks for`(path: String, expected: String) throws {
    var schemas = [try ConfigSchema.document()]
    for name in path.split(separator: "/").map(String.init) {
      schemas = schemas.flatMap { Self.step(from: $0, name) }
    }
    let found = try #require(schemas.first).objectValue ?? [:]
    let wanted = try RawJSON(validating: Array(expected.utf8)).value.objectValue ?? [:]
    for (name, value) in wanted { #expect(found[name] == value, "\(path): \(name)") }
  }

  /// The schemas of a member or element, through every alternative.
  private static func step(from schema: JSONValue, _ name: String) -> [JSONValue] {
    var found: [JSONValue] = []
    if let properties = schema["properties"]?[name] { found.append(properties) }
    if name == "*", let inner = schema["additionalProperties"], inner.objectValue != nil { found.append(inner) }
    if name == "*", let inner = schema["items"] { found.append(inner) }
    for alternative in found.flatMap({ [$0] + ($0["anyOf"]?.arrayValue ?? []) }) where alternative != found.first {
      found.append(alternative)
    }
    return found + (schema["anyOf"]?.arrayValue ?? []).flatMap { step(from: $0, name) }
  }

  @Test func `every description belongs to a key`() throws {
    var described: Set<String> = []
    func walk(_ schema: JSONValue) {
      if let text = schema["description"]?.stringValue { described.insert(text) }
      for member in schema.objectValue ?? [:] { walk(member.value) }
      for element in schema.arrayValue ?? [] { walk(element) }
    }
    walk(try ConfigSchema.document())
    #expect(ConfigDescriptions.all.filter { !described.contains($0.value) }.map(\.key).sorted() == [])
  }
}
