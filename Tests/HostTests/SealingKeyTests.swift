import Testing

@testable import Host

@Suite struct SealingKeyTests {
  private let key = SealingKey()

  @Test(arguments: [0, 1, 15, 16, 17, 1000, 100_000])
  func `what is sealed opens again, and for its own context only`(count: Int) throws {
    let text = RandomID.bytes(count)
    let sealed = key.seal(text, for: [1, 2, 3])
    #expect(sealed.count == count + 28)
    #expect(key.open(sealed, for: [1, 2, 3]) == text)
    #expect(key.open(sealed, for: [1, 2, 4]) == nil)
    #expect(key.open(sealed, for: []) == nil)
  }

  @Test func `one changed bit is noticed, wherever it is`() {
    let sealed = key.seal(Array("some text".utf8), for: [])
    for index in sealed.indices {
      var changed = sealed
      changed[index] ^= 1
      #expect(key.open(changed, for: []) == nil)
    }
    for count in 0..<sealed.count { #expect(key.open(Array(sealed.prefix(count)), for: []) == nil) }
    #expect(key.open(sealed + [0], for: []) == nil)
  }

  @Test func `another key opens nothing, the same one elsewhere does`() throws {
    let bytes = RandomID.bytes(32)
    let sealed = try #require(SealingKey(bytes)).seal([7], for: [])
    #expect(key.open(sealed, for: []) == nil)
    #expect(SealingKey(bytes)?.open(sealed, for: []) == [7])
    #expect(SealingKey(Array(bytes.dropLast())) == nil)
  }

  @Test func `the same text is never sealed the same way twice`() {
    #expect(key.seal([1], for: []) != key.seal([1], for: []))
  }

  @Test(arguments: 0..<40)
  func `any bytes survive the URL's alphabet`(count: Int) {
    let bytes = RandomID.bytes(count)
    let text = Base64URL.encode(bytes)
    #expect(Base64URL.decode(text) == bytes)
    #expect(text.utf8.allSatisfy { !"+/=".utf8.contains($0) })
  }

  @Test(arguments: ["A", "AAAAA", "AB", "AAB", "AA==", "A A", "AA+A", "AA/A", "ÄÄ"])
  func `other spellings are refused`(text: String) { #expect(Base64URL.decode(text) == nil) }
}
