import Testing

@testable import Host

@Suite struct FederatedNamesTests {
  private func place(_ name: String, of names: FederatedNames) -> [String]? { names.place(of: name).map { [$0.server.name, $0.item] } }

  @Test func `a name is the server's, a separator and the item's, and leads back`() throws {
    let names = try servers(["time", "git"]).federatedNames
    for (index, server) in ["time", "git"].enumerated() {
      for item in ["now", "a__b", "__", "e\u{301}", "\u{301}x", "with space", "😀"] {
        let name = try #require(names.name(of: item, at: index))
        #expect(name.utf8.elementsEqual("\(server)__\(item)".utf8))
        let found = try #require(names.place(of: name))
        #expect(found.server.name == server && found.item.utf8.elementsEqual(item.utf8))
      }
    }
    for name in ["now", "time", "time__", "time_now", "TIME__now", "__now", "nobody__now", ""] { #expect(names.place(of: name) == nil) }
  }

  @Test func `what a tool's name may not hold becomes an underscore`() throws {
    let names = try servers(["my server/é", "a.b-c_d"]).federatedNames
    #expect(names.name(of: "x", at: 0) == "my_server____x")
    #expect(names.name(of: "x", at: 1) == "a.b-c_d__x")
    #expect(place("my_server____x", of: names) == ["my server/é", "x"])
  }

  @Test func `a name that could mean two items means that of the longer prefix`() throws {
    for order in [["a", "a__b"], ["a__b", "a"]] {
      let names = try servers(order).federatedNames
      let (short, long) = (try #require(order.firstIndex(of: "a")), try #require(order.firstIndex(of: "a__b")))
      #expect(place("a__b__x", of: names) == ["a__b", "x"])
      #expect(names.name(of: "b__x", at: short) == nil && names.name(of: "x", at: long) == "a__b__x")
      #expect(names.name(of: "b__", at: short) == "a__b__" && place("a__b__", of: names) == ["a", "b__"])
    }
  }

  @Test func `of servers whose names look the same the first counts`() throws {
    let names = try servers(["a b", "a_b"]).federatedNames
    #expect(place("a_b__x", of: names) == ["a b", "x"])
    #expect(names.name(of: "x", at: 1) == nil)
    #expect(names.place(ofURI: "enkrypt:a_b:x")?.server.name == "a_b", "URIs tell them apart")
  }

  @Test func `another separator, and none`() throws {
    let dotted = try servers(["a"], #", "name_separator": ".""#).federatedNames
    #expect(dotted.name(of: "x", at: 0) == "a.x" && dotted.place(of: "a__x") == nil)
    let bare = try servers(["a"], #", "name_prefix": false"#).federatedNames
    #expect(bare.name(of: "x", at: 0) == "x" && place("x", of: bare) == ["a", "x"])
    #expect(bare.place(ofURI: "file:///x")?.item == "file:///x" && bare.uriPrefix(of: bare.servers[0]) == nil)
  }

  @Test func `names that look alike are a warning`() throws {
    func warnings(_ names: [String], _ members: String = "") throws -> Int {
      let entries = names.map { #"{"server_name": "\#($0)", "config": {"command": "run"}}"# }.joined(separator: ",")
      let text = #"{"mcp_configs": {"c": {"mcp_config_name": "n", "mcp_config": [\#(entries)]\#(members)}}}"#
      return try readConfig(text).warnings.count { $0.reason.contains("look alike") }
    }
    #expect(try warnings(["a", "b"]) == 0)
    #expect(try warnings(["a", "a_b", "ab"]) == 0)
    #expect(try warnings(["a", "a__b"]) == 1)
    #expect(try warnings(["a__b", "a"]) == 1)
    #expect(try warnings(["a b", "a_b", "a.b"]) == 1)
    #expect(try warnings(["a", "a__b"], #", "name_separator": "--""#) == 0)
    #expect(try warnings(["a", "a__b"], #", "exposure": "gateway_tools""#) == 0)
  }
}

@Suite struct FederatedURITests {
  @Test(arguments: [
    "file:///a/../b?x=1#y", "http://example.com", "note:", ":", "::", "%", "enkrypt:other:x", "a b", "é", "file:///{path}{?q*}", "\u{0}",
  ])
  func `a URI leads back, byte by byte`(_ uri: String) throws {
    for server in ["time", "my server", "a:b", "100%", "é/ü", "~._-"] {
      let found = try #require(FederatedURI.parts(FederatedURI.prefix(server) + uri))
      #expect(found.server.utf8.elementsEqual(server.utf8) && found.uri.utf8.elementsEqual(uri.utf8))
    }
  }

  @Test func `a prefix has unreserved characters and percent signs only`() {
    #expect(FederatedURI.prefix("my server:é") == "enkrypt:my%20server%3A%C3%A9:")
  }

  @Test func `what clients normalise is understood`() {
    #expect(FederatedURI.parts("ENKRYPT:%74ime:x")?.server == "time")
    #expect(FederatedURI.parts("Enkrypt:caf%c3%a9:x")?.server == "café")
  }

  @Test(arguments: [
    "", "x", "enkrypt", "enkrypt:", "enkrypt:a", "enkrypt:a:", "file:a:b", "enkrypt:%:x", "enkrypt:%4:x", "enkrypt:%gg:x", "enkrypt:%ff:x",
    " enkrypt:a:x",
  ])
  func `anything else is no such URI`(_ uri: String) {
    #expect(FederatedURI.parts(uri) == nil)
  }
}

@Suite struct ServerViewTests {
  @Test(arguments: [
    ("/mcp", ServerView.all), ("/mcp/", .all), ("/mcp/servers/time", .server("time")), ("/mcp/servers/time/", .server("time")),
    ("/mcp/servers/a%20b%2Fc", .server("a b/c")), ("/mcp/servers/..", .server("..")),
  ])
  func `paths that are served`(_ path: String, _ view: ServerView) {
    #expect(ServerView(path: path, under: "/mcp") == view)
  }

  @Test(arguments: [
    "", "/", "/mc", "/mcpx", "/mcp//", "/mcp/x", "/mcp/servers", "/mcp/servers/", "/mcp/servers//", "/mcp/servers/a/b", "/mcp/servers/a//",
    "/mcp/servers/%zz", "/mcp/servers/%ff", "/mcp/Servers/a", "/mcpservers/a",
  ])
  func `paths that are not`(_ path: String) {
    #expect(ServerView(path: path, under: "/mcp") == nil)
  }

  @Test func `an endpoint at the root`() {
    #expect(ServerView(path: "/", under: "/") == .all)
    #expect(ServerView(path: "/servers/a", under: "/") == .server("a"))
    #expect(ServerView(path: "/other", under: "/") == nil)
  }
}

@Suite struct URITemplateTests {
  @Test(arguments: [
    ("note:///{id}", "note:///7", true), ("note:///{id}", "note:///", true), ("note:///{id}", "other:///7", false),
    ("a{x}b{y}c", "a1b2c", true), ("a{x}b{y}c", "abc", true), ("a{x}b{y}c", "acb", false), ("a{x}bb", "ab", false),
    ("plain", "plain", true),
    ("plain", "plainer", false), ("{+all}", "anything", true), ("{a}{b}", "", true), ("x{a}x", "x", false), ("a{open", "a", true),
    ("a{x}b{y}b", "a1b", false),
  ])
  func `the fixed parts of a template tell what it cannot have made`(_ template: String, _ uri: String, _ expected: Bool) {
    #expect(URITemplate(template).mayDescribe(uri) == expected)
  }
}
