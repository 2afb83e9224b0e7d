import PluginTesting
import Testing

@testable import PluginSDK
@testable import ServiceClient

/// What the plugins that ask a service have in common.
@Suite struct ServiceClientTests {
  static func segments(_ texts: [String]) -> [Segment.Copy] {
    texts.map { Segment.Copy(path: "", text: $0, mediaType: "", kind: []) }
  }

  // MARK: Pieces

  @Test func `a short message is one piece, a line for each text`() {
    let message = MessageText(Self.segments(["a", "", "b c"]))
    #expect(message.text == "a\nb c")
    #expect(message.pieces(maxBytes: 100, overlap: 10).map(\.text) == ["a\nb c"])
  }

  @Test(arguments: [(["x"], true), ([" \n\t"], false), ([], false)] as [([String], Bool)])
  func `a message of blanks is nothing to judge`(texts: [String], isText: Bool) {
    #expect(MessageText(Self.segments(texts)).isBlank == !isText)
  }

  @Test func `binary content is left out`() {
    var segments = Self.segments(["a", "QUJD"])
    segments[1].kind = [.binary]
    #expect(MessageText(segments).text == "a")
  }

  @Test func `a cut is made after a line, a sentence, a word`() {
    let filler = String(repeating: "x", count: 50)
    for (text, first) in [
      (filler + "\nmore text", filler + "\n"), (filler + ". It goes on", filler + ". "), (filler + " and goeson", filler + " and "),
      (filler + String(repeating: "y", count: 30), filler + String(repeating: "y", count: 6)),
    ] {
      #expect(MessageText(text).pieces(maxBytes: 56, overlap: 0).first?.text == first)
    }
  }

  @Test func `the place is told when a piece is of one segment`() {
    let long = String(repeating: "word ", count: 20)
    let pieces = MessageText(Self.segments([long, "short"])).pieces(maxBytes: 64, overlap: 8)
    #expect(pieces.count > 1)
    #expect(pieces[0].place?.segment == 0)
    #expect(pieces[0].place?.range.lowerBound == 0)
    #expect(MessageText(Self.segments(["a", "b"])).pieces(maxBytes: 64, overlap: 8)[0].place == nil)
  }

  /// Random texts of many scripts: nothing is lost, nothing is too long, whatever is shorter than the overlap stands whole in some piece, and places are
  /// inside their segments.
  @Test(arguments: 0..<40) func `pieces cover everything`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let alphabet = ["a", " ", "\n", ". ", "é", "漢", "👩‍👩‍👧", "zz", "<", "\u{0301}"]
    let texts = (0..<Int.random(in: 1...8, using: &random)).map { _ in
      (0..<Int.random(in: 0...200, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "" }.joined()
    }
    let message = MessageText(Self.segments(texts))
    let (size, overlap) = (Int.random(in: 16...256, using: &random), Int.random(in: 0...64, using: &random))
    let pieces = message.pieces(maxBytes: size, overlap: overlap)
    let whole = Array(message.text.utf8)
    var end = 0
    for piece in pieces {
      let bytes = Array(piece.text.utf8)
      #expect(bytes.count <= size && !bytes.isEmpty)
      // The piece continues what was covered so far: it begins at most at `end`, and adds to it.
      let start = try #require((max(0, end - size)...end).last { whole[$0...].starts(with: bytes) })
      #expect(start + bytes.count > end)
      end = start + bytes.count
      if let place = piece.place { #expect(place.range.upperBound <= texts[place.segment].utf8.count) }
    }
    #expect(end == whole.count)
    let reach = min(overlap, max(16, size) / 4) / 2 - 3
    guard reach > 1, pieces.count > 1 else { return }
    let known = Set(
      pieces.flatMap { piece in
        let bytes = Array(piece.text.utf8)
        return bytes.count < reach ? [] : (0...bytes.count - reach).map { Array(bytes[$0..<$0 + reach]) }
      })
    let windows = (0...whole.count - reach).map { Array(whole[$0..<$0 + reach]) }
    let missing = windows.filter { $0[0] & 0xC0 != 0x80 && !known.contains($0) }
    #expect(missing.isEmpty)
  }

  // MARK: Retry-After

  @Test(
    arguments: [
      ("0", 0), ("7", 7), ("1.5", 1), ("86400", 300), ("soon", nil), ("-1", nil), ("nan", nil), ("", nil),
      ("Thu, 01 Jan 1970 00:20:30 GMT", 30), ("Thu, 01 Jan 1970 00:00:01 GMT", 0), ("Fri, 01 Jan 2100 00:00:00 GMT", 300),
      ("Thu, 01 Jan 1970 00:20:30 CET", nil), ("Thu, 99 Jan 1970 00:20:30 GMT", nil),
    ] as [(String, Int?)])
  func `Retry-After is seconds or a date, and bounded`(text: String, seconds: Int?) {
    let nanoseconds = RetryAfter.nanoseconds(HTTPResponse(status: 429, headers: [("retry-after", text)]), now: 1200)
    #expect(nanoseconds.map { Int($0 / 1_000_000_000) } == seconds)
  }

  @Test func `milliseconds count before seconds`() {
    let response = HTTPResponse(status: 429, headers: [("retry-after", "9"), ("retry-after-ms", "250")])
    #expect(RetryAfter.nanoseconds(response) == 250_000_000)
  }

  // MARK: Addresses and keys

  @Test(arguments: [
    ("https://api.example.com", "https://api.example.com"), ("https://api.example.com/v1/", "https://api.example.com/v1"),
    ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("http://[::1]:8080/x", "http://[::1]:8080/x"),
    ("http://localhost", "http://localhost"),
  ])
  func `an address is taken`(text: String, base: String) throws {
    #expect(try ServiceAddress(text, member: "base_url", allowsPlainHTTP: false).base == base)
  }

  @Test(arguments: [
    "", "api.example.com", "ftp://api.example.com", "https://", "https:///x", "https://:443", "https://user:secret@api.example.com",
    "https://api.example.com?x=1", "https://api.example.com#x", "https://api example.com", "https://api.example.com\n",
    "https://äpi.example.com",
    "http://api.example.com", "http://127.0.0.1.example.com", "http://127.0.0.256", "http://localhost.example.com",
    "http://[::1].example.com",
  ])
  func `an address is refused without showing it`(text: String) {
    let error = #expect(throws: PluginError.self) { try ServiceAddress(text, member: "base_url", allowsPlainHTTP: false) }
    #expect(error?.status == .invalid)
    #expect(error?.message.hasPrefix("base_url: ") == true)
    #expect(error?.message.contains("example.com") == false)
  }

  @Test func `plain HTTP to elsewhere must be asked for`() throws {
    #expect(try ServiceAddress("http://judge.internal", member: "m", allowsPlainHTTP: true).base == "http://judge.internal")
  }

  @Test(arguments: [nil, "a b", "a\r\nX-Evil: 1", "kéy", "YOUR_ENKRYPT_API_KEY", "your_key"] as [String?])
  func `what cannot be a key is refused`(text: String?) {
    let error = #expect(throws: PluginError.self) { try ServiceKey.checked(text, member: "api_key") }
    #expect(error?.message.hasPrefix("api_key: ") == true)
    if let text { #expect(error?.message.contains(text) == false) }
  }

  // MARK: The gate

  @Test func `so many pass at a time, the others in order`() async throws {
    let gate = RequestGate(width: 3)
    let load = Load()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<60 {
        group.addTask {
          try await gate.pass {
            load.enter()
            await Task.yield()
            load.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(load.most <= 3 && load.most > 0 && load.now == 0)
  }

  @Test func `whoever is cancelled while waiting leaves no place taken`() async throws {
    let gate = RequestGate(width: 1)
    let (held, release) = AsyncStream<Void>.makeStream()
    let (entered, entry) = AsyncStream<Void>.makeStream()
    let holder = Task {
      try await gate.pass {
        entry.yield()
        for await _ in held { break }
      }
    }
    for await _ in entered { break }
    let waiting = (0..<20).map { _ in Task { try await gate.pass {} } }
    for task in waiting { task.cancel() }
    for task in waiting { await #expect(throws: CancellationError.self) { try await task.value } }
    release.yield()
    try await holder.value
    try await gate.pass {}
  }

  // MARK: Batches

  struct Sorry: Error {}

  @Test func `a batch that blocks counts more than one that failed`() async throws {
    let findings = try await Batches.judge([1, 2, 3], size: 1, blocks: { $0 == 2 }) { batch in
      if batch == [1] { throw Sorry() }
      return batch[0]
    }
    #expect(findings.contains(2))
    await #expect(throws: Sorry.self) {
      _ = try await Batches.judge([1, 2, 3], size: 1, blocks: { $0 == 9 }) { batch in
        if batch == [2] { throw Sorry() }
        return batch[0]
      }
    }
    let all = try await Batches.judge(Array(1...10), size: 3, blocks: { _ in false }) { $0 }
    #expect(all.flatMap { $0 }.sorted() == Array(1...10) && all.count == 4)
  }
}
