import JSON
import Testing

@testable import Host

@Suite struct MaskTests {
  @Test(arguments: [("", "****"), ("abc", "****"), ("abcd", "****abcd"), ("2W8UupCkazk4", "****azk4")])
  func `a key shows its last four characters`(_ key: String, _ masked: String) {
    #expect(Mask.key(key) == masked)
  }

  @Test(arguments: [
    ("GITHUB_TOKEN", "ghp_0123456789", "ghp_****6789"), ("api_KEY", "12345678", "****"), ("DB_PASSWORD", "123456789", "1234****6789"),
    ("DATABASE_URL", "postgres://u:p@h/d", "post****@h/d"), ("PATH", "/usr/bin:/bin", "/usr/bin:/bin"), ("DEBUG", "1", "1"),
    ("ENDPOINT", "https://user:secret@host/x?a=1&api_key=zzz", "https://****@host/x?a=1&api_key=****"),
    ("MY_TOKEN", "${env:MY_TOKEN}", "${env:MY_TOKEN}"),
    ("MY_TOKEN", "${env:A}rest-of-a-secret}", "${en****ret}"),
  ])
  func `environment values are masked by their names`(_ name: String, _ value: String, _ masked: String) {
    #expect(Mask.environment(name, value) == masked)
  }

  @Test(arguments: [
    ("Authorization", "Bearer abc123def456", "Be***56"), ("X-Api-Key", "abcd", "***"), ("Cookie", "a=b; c=d", "a=***=d"),
    ("Accept", "text/html", "text/html"),
    ("X-Forwarded-For", "10.0.0.1", "10***.1"), ("X-User-Id", "someone", "so***ne"),
  ])
  func `header values are masked by their names`(_ name: String, _ value: String, _ masked: String) {
    #expect(Mask.header(name, value) == masked)
  }

  @Test(arguments: [
    (["-y", "@scope/server"], ["-y", "@scope/server"]),
    (["--token", "0123456789abcdef"], ["--token", "0123****cdef"]),
    (["--api-key=0123456789abcdef", "-v"], ["--api-key=0123****cdef", "-v"]),
    (["--header", "Authorization: Bearer abcdefgh"], ["--header", "Authorization: Be***gh"]),
    (["-H", "Accept: text/html"], ["-H", "Accept: text/html"]),
    (["--header=X-Api-Key: abcdefgh"], ["--header=X-Api-Key: ab***gh"]),
    (["-e", "API_KEY=0123456789"], ["-e", "API_KEY=0123****6789"]),
    (["mcp-remote", "https://me:pw@h/sse?token=t&x=y#f"], ["mcp-remote", "https://****@h/sse?token=****&x=y#f"]),
    (["--password", "--verbose"], ["--password", "--verbose"]),
    (["--token", "${env:TOKEN}"], ["--token", "${env:TOKEN}"]),
    (["--url=https://a:b@h"], ["--url=https://****@h"]),
    (["https://h/#access_token=t0ken&x=y"], ["https://h/#access_token=****&x=y"]),
    (["-HX-Api-Key: abcdefgh", "-v"], ["-HX-Api-Key: ab***gh", "-v"]),
    (["--env=API_KEY=0123456789abc"], ["--env=API_KEY=0123****9abc"]),
    (["Authorization: Bearer abc123def456"], ["Authorization: Bearer ****"]),
    (["--say", "Basic dXNlcjpwYXNz"], ["--say", "Basic ****"]), (["Basic tools, bearer of news"], ["Basic tools, bearer of news"]),
    (["x", "ghp_0123456789abcdefghij", "(sk-0123456789abcdef)"], ["x", "****", "(****)"]),
    (["eyJhbGciOiJIUzI1NiJ9.e30.abcdef", "sk-short"], ["****", "sk-short"]),
  ])
  func `arguments are masked where they carry secrets`(_ arguments: [String], _ masked: [String]) {
    #expect(Mask.arguments(arguments) == masked)
  }

  @Test func `a server entry is shown without any of its secrets`() throws {
    let secret = "s3cr3t-c4n4ry-0123456789"
    let entry: JSONObject = [
      "server_name": "s", "description": "d",
      "config": [
        "command": "run", "args": ["--token", .string(secret), .string("https://u:\(secret)@h/"), .string("--key=\(secret)"), 5],
        "env": ["A_TOKEN": .string(secret), "NUMBER": 5], "headers": ["Authorization": .string("Bearer \(secret)")],
        "url": .string("https://u:\(secret)@h/?token=\(secret)"),
      ],
      "oauth_config": [
        "OAUTH_CLIENT_ID": "id", "OAUTH_CLIENT_SECRET": .string(secret), "OAUTH_CUSTOM_HEADERS": ["Cookie": .string(secret)],
      ],
    ]
    let shown = Mask.serverEntry(entry)
    #expect(!JSONValue.object(shown).serializedString().contains(secret))
    #expect(shown.keys == entry.keys)
    #expect(shown["config"]?["command"] == "run")
    #expect(shown["oauth_config"]?["OAUTH_CLIENT_ID"] == "id")
  }

  @Test func `members are masked at any depth, and what is no string disappears`() {
    let shown = Mask.members(["outer": ["api_key": 12345, "name": "n", "deep": ["password": "abcdef"]], "token": [1, 2]])
    let list = Mask.members(["guardrails": [["name": "n", "config": ["api_key": "abcdefgh"]], 5, "https://a:b@h"]])
    #expect(list == ["guardrails": [["name": "n", "config": ["api_key": "ab***gh"]], 5, "https://****@h"]])
    #expect(shown == ["outer": ["api_key": "***", "name": "n", "deep": ["password": "ab***ef"]], "token": "***"])
  }

  @Test(arguments: [
    ("forbidden", "f***n (9)"), ("short", "*** (5)"), ("", "*** (0)"), ("4111 1111 1111 1111", "4***1 (19)"),
    ("\u{202E}12345678", "*** (9)"),
    ("漢字漢字漢字漢字", "漢***字 (8)"),
  ])
  func `an excerpt gives nothing away but ends and length`(text: String, expected: String) {
    #expect(Mask.excerpt(text) == expected)
  }

  @Test(arguments: [
    ("message", true), ("max_results", true), ("0", true), ("structuredContent", true), ("ada@example.com", false),
    ("4111111111111111", false),
    ("sk-0123456789abcdef", false), ("a b", false), ("", true), ("a-name-that-is-longer-than-what-programs-use", false),
  ])
  func `names that may stand in a log`(name: String, isPlain: Bool) {
    #expect(Mask.isPlainName(name[...]) == isPlain)
  }
}
