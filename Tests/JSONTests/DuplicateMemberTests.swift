import Testing

@testable import JSON

@Suite struct DuplicateMemberTests {
  @Test(
    arguments: [
      (#"{"a":1,"a":1}"#, 8), (#"{"a":1,"b":2,"a":3}"#, 14), (#"{"a":1,"\u0061":2}"#, 8), (#"{"\u0061":1,"a":2}"#, 13),
      (#"{"\/":1,"/":2}"#, 9),
      (#"{"":1,"":2}"#, 7), (#"[{"x":{"y":[{"k":1,"k":1}]}}]"#, 20), (#"{"😀":1,"\ud83d\ude00":2}"#, 11), (#"{"\ud800":1,"\uD800":2}"#, 13),
      (#"{"a":{"b":1,"c":2},"a":0}"#, 20),
    ])
  func `a name that comes twice is refused, however it is escaped`(text: String, offset: Int) {
    #expect(throws: JSONError(.duplicateMember, at: offset)) { try parse(text) }
  }

  @Test(arguments: [2, 7, 8, 9, 10, 63, 64, 65, 127, 128, 129, 1000], [false, true])
  func `a duplicate is found at any place in objects of any size`(count: Int, isEscaped: Bool) throws {
    let names = (0..<count).map { isEscaped && $0 == count / 2 ? "\\u006b\($0)" : "k\($0)" }
    func object(_ names: [String]) -> String { "{" + names.map { "\"\($0)\":{\"k1\":0}" }.joined(separator: ",") + "}" }
    #expect(try parse(object(names)).itemCount == count)
    for place in Set([0, count / 2, count - 2]) {
      #expect(throws: JSONError.self) { try parse(object(names + ["k\(place)"])) }
    }
  }

  @Test func `a million members cost what they are long`() throws {
    var text: [UInt8] = [0x7B]
    for index in 0..<1_000_000 { text += Array("\"\(index)\":0,".utf8) }
    let unique = text + Array("\"x\":0}".utf8)
    let doubled = text + Array("\"0\":0}".utf8)
    #expect(try RawJSON(validating: unique).itemCount == 1_000_001)
    #expect(throws: JSONError(.duplicateMember, at: text.count + 1)) { try RawJSON(validating: doubled) }
  }
}
