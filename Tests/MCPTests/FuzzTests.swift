import Foundation
import JSON
import MCP
import Testing

/// Random input from a seed. Some rounds by default; `FUZZ_SECONDS=60 FUZZ_SEED=7 swift test --filter MCPTests.FuzzTests` goes on for so
/// long in each test. A failure names the seed of its round: with it as `FUZZ_SEED` that round is the first.
@Suite struct FuzzTests {
  private static let defaultRounds = 2_000

  /// Runs `body` with a fresh seed each round: a fixed number of rounds, or for `FUZZ_SECONDS`.
  private func fuzz(_ body: (inout SeededGenerator, Comment) throws -> Void) rethrows {
    let environment = ProcessInfo.processInfo.environment
    let first = environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    let seconds = environment["FUZZ_SECONDS"].flatMap { Double($0) }
    let deadline = seconds.map { Date(timeIntervalSinceNow: $0) }
    var round: UInt64 = 0
    while deadline.map({ Date() < $0 }) ?? (round < Self.defaultRounds) {
      var generator = SeededGenerator(seed: first &+ round)
      try body(&generator, "seed \(first &+ round)")
      round += 1
    }
  }

  private static let corpus = [
    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","arguments":{"x":[1,2.5e3,"\ud83d\ude00"]},"_meta":{"progressToken":1}}}"#,
    #"{"jsonrpc":"2.0","id":"é","result":{"content":[{"type":"text","text":"x"}],"isError":false}}"#,
    #"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"m","data":[null]}}"#,
    #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"1"}}"#,
    #"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
    #"{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
  ].map { Array($0.utf8) }

  private static let fragments = [
    "null", "1.5", "-0", "1e999", "\"\\u0000\"", "{}", "[]", "\"id\":", "\"method\":", ",", ":", "}", "\\ud800", "\"error\":",
    "\"result\":{}",
  ].map { Array($0.utf8) }

  /// A message of the corpus with a few bytes changed, cut out, doubled or put in.
  private func mutated(_ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = Self.corpus.randomElement(using: &generator) ?? []
    for _ in 0..<Int.random(in: 0...3, using: &generator) where !bytes.isEmpty {
      let from = Int.random(in: 0..<bytes.count, using: &generator)
      let to = min(bytes.count, from + Int.random(in: 0...12, using: &generator))
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: bytes[from] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes.removeSubrange(from..<to)
      case 2: bytes.insert(contentsOf: bytes[from..<to], at: from)
      default: bytes.replaceSubrange(from..<to, with: Self.fragments.randomElement(using: &generator) ?? [])
      }
    }
    return bytes
  }

  private func encoded(_ message: Message) -> [UInt8] {
    switch message {
    case .request(let request): Encode.request(id: request.id, method: request.method, params: request.params?.compacted().bytes)
    case .notification(let notification): Encode.notification(method: notification.method, params: notification.params?.compacted().bytes)
    case .response(let response):
      switch (response.outcome, response.id) {
      case (.result(let result), let id?): Encode.result(id: id, result.compacted().bytes)
      case (.result, nil): []
      case (.error(let error), let id): Encode.error(id: id, error)
      }
    }
  }

  @Test func `whatever is read as a message is the same message after writing it`() throws {
    var accepted = 0
    try fuzz { generator, seed in
      let bytes = mutated(&generator)
      guard let raw = try? RawJSON(validating: bytes) else { return }
      do {
        let first = encoded(try Message(raw))
        let second = encoded(try Message(RawJSON(validating: first)))
        #expect(first == second, seed)
        #expect(!first.contains(0x0A) && !first.contains(0x0D), seed)
        accepted += 1
      } catch let error as RPCError {
        #expect(error.code == ErrorCode.invalidRequest, seed)
        #expect((raw.kind == .array) == (error == RPCError.batchRefused), seed)
      }
    }
    #expect(accepted > 0)
  }

  @Test func `an envelope that passes has headers equal to its body`() {
    let versions = ["2026-07-28", "2025-11-25", "", "x"]
    let methods = ["tools/call", "tools/list", "resources/read", "ping"]
    let names = ["a", "b", "=?base64?YQ==?=", "=?base64?x?=", ""]
    var accepted = 0
    fuzz { generator, seed in
      let pick = { (list: [String], generator: inout SeededGenerator) in list.randomElement(using: &generator) ?? "" }
      let version = pick(versions, &generator)
      let method = pick(methods, &generator)
      let name = pick(names, &generator)
      var fields: [(name: String, value: String)] = []
      for (key, list) in [("mcp-protocol-version", versions), ("Mcp-Method", methods), ("Mcp-Name", names), ("Mcp-Other", names)]
      where Int.random(in: 0..<10, using: &generator) > 0 {
        fields.append((key, pick(list, &generator)))
      }
      let params: JSONValue = [
        "name": .string(name), "uri": .string(name),
        "_meta": [
          "io.modelcontextprotocol/protocolVersion": .string(version),
          "io.modelcontextprotocol/clientCapabilities": Bool.random(using: &generator) ? [:] : .null,
        ],
      ]
      let request = Request(id: RequestID(1), method: method, params: RawJSON(params))
      guard (try? ModernEnvelope(request, headers: RoutingHeaders(fields))) != nil else { return }
      accepted += 1
      let value = { (key: String) in fields.first { $0.name.lowercased() == key }?.value }
      #expect(value("mcp-protocol-version") == "2026-07-28" && version == "2026-07-28", seed)
      #expect(value("mcp-method") == method, seed)
      if method == "tools/call" || method == "resources/read" {
        #expect(value("mcp-name") == name || (value("mcp-name") == "=?base64?YQ==?=" && name == "a"), seed)
      }
    }
    #expect(accepted > 0)
  }

  @Test func `lines do not depend on how the stream is cut`() {
    fuzz { generator, seed in
      let input = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
        Int.random(in: 0..<4, using: &generator) == 0
          ? [0x0A, 0x0D].randomElement(using: &generator) ?? 0x0A : UInt8.random(in: 0...255, using: &generator)
      }
      let limit = Int.random(in: 0...40, using: &generator)
      let whole = Self.lines([input[...]], limit)
      let cut = Self.lines(generator.pieces(of: input, maxPiece: 20), limit)
      #expect(whole.lines == cut.lines, seed)
      #expect(whole.isTooLong == cut.isTooLong, seed)
    }
  }

  private static func lines(_ pieces: [ArraySlice<UInt8>], _ limit: Int) -> (lines: [[UInt8]], isTooLong: Bool) {
    var framer = LineFramer(maxLineBytes: limit)
    var lines: [[UInt8]] = []
    for piece in pieces {
      let isTooLong = (try? framer.append(piece)) == nil
      while let line = framer.next() { lines.append(line) }
      if isTooLong { return (lines, true) }
    }
    if let rest = framer.finish() { lines.append(rest) }
    return (lines, false)
  }

  @Test func `events do not depend on how the stream is cut`() {
    let words = ["data", "id", "event", "retry", ":", ": ", " ", "\n", "\n\n", "\r", "\r\n", "\u{0}", "\u{FEFF}", "x", "12", "é"].map {
      Array($0.utf8)
    }
    fuzz { generator, seed in
      let input = (0..<Int.random(in: 0...80, using: &generator)).flatMap { _ in words.randomElement(using: &generator) ?? [] }
      let whole = Self.events([input[...]], limit: 60)
      let cut = Self.events(generator.pieces(of: input, maxPiece: 7), limit: 60)
      #expect(whole.events == cut.events, seed)
      #expect(whole.isTooLarge == cut.isTooLarge, seed)
    }
  }

  private static func events(_ pieces: [ArraySlice<UInt8>], limit: Int) -> (events: [SSEEvent], isTooLarge: Bool) {
    var decoder = SSEDecoder(maxEventBytes: limit)
    var events: [SSEEvent] = []
    for piece in pieces {
      let isTooLarge = (try? decoder.append(piece)) == nil
      while let event = decoder.next() { events.append(event) }
      if isTooLarge { return (events, true) }
    }
    return (events, false)
  }
}
