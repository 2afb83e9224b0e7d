import JSON
import MCP
import Testing

@testable import Host

@Suite struct MergedListTests {
  private func merged(_ kind: ItemKind, _ config: MCPConfig, _ lists: [Result<ItemList, GatewayError>]) -> MergedList {
    var merged = MergedList(kind)
    for (index, list) in lists.enumerated() { merged.add(list, ofServerAt: index, config.federatedNames) }
    return merged
  }

  private func page(_ list: MergedList, _ cursor: JSONValue? = nil, era: Era = .legacy) throws(RPCError) -> RawJSON {
    let bytes = try list.page(cursor.map { RawJSON($0) }, era: era)
    do { return try RawJSON(validating: bytes) } catch { throw .internalError("\(error)") }
  }

  @Test func `only the name of an item is written anew`() throws {
    let tool = #"{ "x" :1.0, "name" : "n\u006fw" , "inputSchema":{"$defs":{"name":1E+2}},"name2":"now"}"#
    let list = merged(.tools, try servers(["time"]), [.success(try discovered(.tools, [tool]))])
    let expected = #"{"tools":[{ "x" :1.0, "name" : "time__now" , "inputSchema":{"$defs":{"name":1E+2}},"name2":"now"}]}"#
    #expect(try page(list).text == expected)
  }

  @Test func `a URI keeps its escapes behind the prefix`() throws {
    let resource = #"{"name":"r","uri":"file:\/\/\/\u00e9"}"#
    let list = merged(.resources, try servers(["a b"]), [.success(try discovered(.resources, [resource]))])
    #expect(try page(list).text == #"{"resources":[{"name":"r","uri":"enkrypt:a%20b:file:\/\/\/\u00e9"}]}"#)
    let template = merged(
      .resourceTemplates, try servers(["t"]), [.success(try discovered(.resourceTemplates, [#"{"name":"r","uriTemplate":"x:{a}"}"#]))])
    #expect(try page(template)["resourceTemplates"]?[0]?["uriTemplate"]?.stringValue == "enkrypt:t:x:{a}")
  }

  @Test func `a tool without a schema takes any object`() throws {
    let list = merged(.tools, try servers(["s"]), [.success(try discovered(.tools, [#"{"name":"x" }"#]))])
    #expect(try page(list)["tools"]?[0]?.text == #"{"name":"s__x" ,"inputSchema":{"type":"object"}}"#)
  }

  @Test func `lists follow each other in the order of the configuration, and what is missing is named`() throws {
    let config = try servers(["b", "dead", "a", "evil"])
    let list = merged(
      .prompts, config,
      [
        .success(try discovered(.prompts, [#"{"name":"z"}"#, #"{"name":"y"}"#])),
        .failure(GatewayError(.discoveryServerUnavailable, "it is down", cause: "a secret path", server: "dead")),
        .success(try discovered(.prompts, [#"{"name":"z"}"#, #"{"name":"w","description":5}"#])),
        .success(try discovered(.prompts, [#"{"name":"z"}"#], rejection: ["bad words"])),
      ])
    #expect(list.entries.map(\.name) == ["b__z", "b__y", "a__z"])
    let meta = try #require(try page(list, era: .modern)["_meta"])
    let missing = try #require(meta["io.enkrypt.gateway/unavailable_servers"])
    #expect(
      missing.value == [
        ["server": "dead", "reason": "it is down", "error_code": "DISC_002", "retry": true],
        [
          "server": "evil", "reason": "A guardrail rejected the description of server 'evil'.", "error_code": "DISC_003", "retry": false,
        ],
      ])
    let omitted = try #require(meta["io.enkrypt.gateway/omitted_items"])
    #expect(omitted.value == [["server": "a", "item": "w", "reason": "malformed"]])
    #expect(meta["io.modelcontextprotocol/serverInfo"]?["name"] != nil)
    #expect(try page(list)["_meta"]?["io.enkrypt.gateway/unavailable_servers"]?.value == missing.value)
  }

  @Test func `a complete list says nothing of what is missing`() throws {
    let list = merged(.prompts, try servers(["a"]), [.success(try discovered(.prompts, [#"{"name":"z"}"#]))])
    #expect(try page(list)["_meta"] == nil)
    let modern = try page(list, era: .modern)
    #expect(modern["_meta"]?.itemCount == 1 && modern["resultType"]?.stringValue == "complete")
    #expect(modern["ttlMs"]?.intValue == 0 && modern["cacheScope"]?.stringValue == "private")
  }

  @Test func `no more omissions are told than the limit`() throws {
    let bad = (0..<100).map { #"{"name":"t\#($0)","description":5}"# }
    let list = merged(.tools, try servers(["a"]), [.success(try discovered(.tools, bad))])
    #expect(list.omitted.count == Limits.Federation.maxReportedOmissions && list.entries.isEmpty)
  }

  // MARK: Pages

  private func long(_ count: Int, _ prefix: String = "t", padding: Int = 0) throws -> MergedList {
    let padding = String(repeating: "x", count: padding)
    let tools = (0..<count).map { #"{"name":"\#(prefix)\#($0)","description":"\#(padding)"}"# }
    return merged(.tools, try servers(["a"]), [.success(try discovered(.tools, tools))])
  }

  private func pages(_ list: MergedList) throws -> [[String]] {
    var pages: [[String]] = []
    var cursor: JSONValue?
    repeat {
      let page = try page(list, cursor)
      pages.append(page["tools"]?.elements.compactMap { $0["name"]?.stringValue } ?? [])
      cursor = page["nextCursor"]?.value
    } while cursor != nil && pages.count < 100
    return pages
  }

  @Test(arguments: [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3)])
  func `pages hold a limited number of items, each item once`(_ count: Int, _ expected: Int) throws {
    let found = try pages(try long(count))
    #expect(found.count == expected)
    #expect(found.flatMap { $0 } == (0..<count).map { "a__t\($0)" })
    #expect(found.allSatisfy { $0.count <= Limits.Federation.maxItemsPerPage })
  }

  @Test func `pages hold a limited number of bytes, and at least one item`() throws {
    let found = try pages(try long(5, padding: Limits.Federation.maxPageBytes / 2))
    #expect(found.map(\.count) == [1, 1, 1, 1, 1])
    #expect(try pages(try long(3, padding: Limits.Federation.maxPageBytes + 1)).map(\.count) == [1, 1, 1])
    #expect(try pages(try long(8, padding: Limits.Federation.maxPageBytes / 4)).map(\.count) == [3, 3, 2])
  }

  @Test func `a cursor fits the list it came from and no other`() throws {
    let cursor = try #require(try page(try long(1500))["nextCursor"]?.value)
    #expect(throws: Never.self) { try page(try long(1500), cursor) }
    #expect(throws: ListCursor.invalid) { try page(try long(1501), cursor) }
    #expect(throws: ListCursor.invalid) { try page(try long(1500, "u"), cursor) }
    #expect(throws: ListCursor.invalid) { try page(try long(900), cursor) }
    #expect(throws: Never.self) { try page(try long(1500), .null) }
  }

  @Test(arguments: [
    "", ".", "x", "1", "1.", ".1", "0.0", "-1.5", "+1.5", "1.5.6", "01.5", "A.5", "zzzzzzzzzzzzzzzzzzzzzzzz.1", "1.zzzzzzzzzzzzzzzzzzzzzzz",
    "1.-5",
  ])
  func `a text that no cursor gives is none`(_ text: String) {
    #expect(ListCursor(text) == nil)
  }

  @Test func `a cursor is read as it was written`() {
    for (position, digest) in [(1, 0), (1000, UInt64.max), (Int.max, 1)] {
      let cursor = ListCursor(position: position, digest: digest)
      #expect(ListCursor(cursor.text) == cursor)
    }
  }
}
