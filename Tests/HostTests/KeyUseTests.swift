import Testing

@testable import Host

@Suite struct KeyUseTests {
  private func identity(_ claims: String) -> Identity { Identity(subject: "s", claimsJSON: Array(claims.utf8)) }

  @Test func `the key's id is taken from the claims`() {
    #expect(identity(#"{"io.enkrypt.gateway/key_id":"0123456789ab"}"#).keyID == "0123456789ab")
  }

  @Test(arguments: [
    "", "{}", "[]", "{", #"{"key_id":"0123456789ab"}"#, #"{"io.enkrypt.gateway/key_id":"0123456789a"}"#,
    #"{"io.enkrypt.gateway/key_id":"0123456789xy"}"#, #"{"io.enkrypt.gateway/key_id":12}"#,
    #"{"io.enkrypt.gateway/key_id":"../../etc/pw"}"#,
  ])
  func `what is no id of a key is left out`(claims: String) { #expect(identity(claims).keyID == nil) }

  @Test func `the latest uses stay when there are too many`() throws {
    let scratch = try ConfigScratch()
    let file = KeyUseFile(configPath: scratch.configPath)
    try file.merge(Dictionary(uniqueKeysWithValues: (0..<10).map { ("key\($0)", Int64($0)) }))
    try file.merge(["key3": 100, "new": 50], keeping: 3)
    #expect(try file.read() == ["key3": 100, "new": 50, "key9": 9])
  }
}
