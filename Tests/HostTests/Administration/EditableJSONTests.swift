import JSON
import Testing

@testable import Host

@Suite struct EditableJSONTests {
  private func edited(_ text: String, _ change: (inout EditableJSON) -> Void) throws -> String {
    var edit = try EditableJSON(RawJSON(validating: Array(text.utf8)))
    change(&edit)
    return String(decoding: edit.serialized(), as: UTF8.self)
  }

  private static let document = #"""
    {
        "x-note": "a \u0041 comment",
        "numbers": [1.0, 1e2, 12345678901234567890],
        "users": {
            "u1": {"email":"a@example.com",   "x-why": null}
        },
        "empty": {}
    }

    """#

  @Test func `an edit leaves every byte elsewhere as it was`() throws {
    let text = try edited(Self.document) { $0.set(["email": "b@example.com"], at: ["users", "u2"]) }
    #expect(
      text == #"""
        {
            "x-note": "a \u0041 comment",
            "numbers": [1.0, 1e2, 12345678901234567890],
            "users": {
                "u1": {"email":"a@example.com",   "x-why": null},
                "u2": {
                    "email": "b@example.com"
                }
            },
            "empty": {}
        }

        """#)
  }

  @Test func `values are replaced, removed and appended in place`() throws {
    let text = try edited(Self.document) { edit in
      edit.set("c@example.com", at: ["users", "u1", "email"])
      edit.remove(at: ["x-note"])
      edit.remove(at: ["users", "u1", "x-why"])
      edit.remove(at: ["nothing", "of", "the", "kind"])
      edit.append(7, to: ["numbers"])
      edit.remove(at: ["numbers", 0])
      edit.set(true, at: ["empty", "a", "b"])
    }
    let value = try JSONValue(parsing: Array(text.utf8))
    #expect(
      value == [
        "numbers": [.number(try #require(JSONNumber(text: "1e2"))), .number(try #require(JSONNumber(text: "12345678901234567890"))), 7],
        "users": ["u1": ["email": "c@example.com"]], "empty": ["a": ["b": true]],
      ])
  }

  @Test func `changes are seen by those that follow`() throws {
    var edit = try EditableJSON(RawJSON(validating: Array(Self.document.utf8)))
    edit.set(["b": [1, 2]], at: ["empty", "a"])
    #expect(edit.value(at: ["empty", "a", "b", 1])?.intValue == 2)
    #expect(edit.value(at: ["empty"])?.value == ["a": ["b": [1, 2]]])
    #expect(edit.value(at: ["users", "u1", "email"])?.stringValue == "a@example.com")
    #expect(edit.value(at: ["users", "u2"]) == nil && edit.value(at: ["numbers", 3]) == nil && edit.value(at: ["numbers", "x"]) == nil)
    edit.remove(at: ["empty", "a"])
    #expect(edit.value(at: ["empty"])?.value == [:])
  }

  @Test func `members are renamed, replaced and dropped in one pass, in their order`() throws {
    let text = try edited(#"{"k": {"a": 1, "b": 2, "c": 3, "d": 4}}"#) { edit in
      edit.changeMembers(of: ["k"]) { name, _ in
        switch name {
        case "a": .remove
        case "b": .rename("B\"")
        case "c": .replace("three")
        default: .keep
        }
      }
    }
    #expect(text == #"{"k": {"B\"": 2, "c": "three", "d": 4}}"#)
  }

  @Test func `names are found however they are escaped, and by their exact code points`() throws {
    let text = try edited(#"{"\u0061": 1, "é": 2}"#) { edit in
      edit.set(3, at: ["a"])
      edit.set(4, at: ["e\u{301}"])
    }
    #expect(text == "{\"\\u0061\": 3, \"é\": 2, \"e\u{301}\": 4}")
  }

  @Test func `a change that is none gives the same text`() throws {
    #expect(try edited("{\n  \"a\": [ 1,2 ]\n}\n") { _ in } == "{\n  \"a\": [ 1,2 ]\n}\n")
    #expect(try edited("{}") { $0.set(1, at: ["a"]) } == "{\n  \"a\": 1\n}\n")
  }
}
