import NIOHTTP1
import Testing

@testable import Host

@Suite struct MediaTypesTests {
  @Test(arguments: [
    ("application/json", "application/json, text/event-stream", 0), ("Application/JSON; charset=utf-8", "*/*", 0),
    ("application/json", "application/*;q=0.5, text/*", 0), ("text/plain", "*/*", 415), ("", "*/*", 415), ("application/jsonx", "*/*", 415),
    ("application/json", "application/json", 406), ("application/json", "text/event-stream", 406), ("application/json", "", 406),
  ])
  func `content type and accept decide`(contentType: String, accept: String, status: Int) {
    let headers: HTTPHeaders = ["content-type": contentType, "accept": accept]
    #expect(MediaTypes.refusal(of: headers).map { Int($0.status.code) } ?? 0 == status)
  }

  @Test func `several accept headers count together`() {
    let headers: HTTPHeaders = [("content-type", "application/json"), ("accept", "text/event-stream"), ("accept", "application/json")]
      .reduce(into: [:]) {
        $0.add(name: $1.0, value: $1.1)
      }
    #expect(MediaTypes.refusal(of: headers) == nil)
  }
}
