internal import PluginABI

extension PluginCheck {
  static let sizes = provider(
    CheckRule(
      id: "sizes", summary: "Texts of megabytes and messages of ten thousand texts are judged.",
      header: "R3: a text has a length of any size, and may contain NUL.",
      fix:
        "Use size_t for lengths, no buffers of a fixed size, no recursion over the text, and time that grows with the size and no faster.")
  ) { bench throws(CheckEnd) in
    try bench.withInstance { instance throws(CheckEnd) in
      for question in questions(bench) {
        guard let answer = instance.ask(question) else { return }
        bench.log.note("\(question.label): \(answer.total / 1_000_000) ms")
      }
    }
  }

  private static func questions(_ bench: CheckBench) -> [Question] {
    switch bench.kind {
    case .guardrail:
      return Corpus.phases(bench.guardrail.pointee.phases).prefix(1).flatMap { phase in
        [
          Corpus.message("1 MiB", phase, [QuestionText("/a", String(repeating: "hello you ", count: 104_858))]),
          Corpus.message("16 MiB", phase, [QuestionText("/a", bytes: [UInt8](repeating: UInt8(ascii: "a"), count: 16 << 20))]),
          Corpus.message("ten thousand texts", phase, (0..<10_000).map { QuestionText("/a/\($0)", "text \($0)") }),
        ]
      }
    case .auth:
      return [Corpus.credentials("a megabyte of credentials", [("authorization", "Bearer " + String(repeating: "a", count: 1 << 20))])]
    case .telemetry:
      return [
        Question(
          label: "ten thousand records",
          body: .telemetry(.init(records: (0..<10_000).map { _ in .init(kind: SMG_REC_LOG, name: "n", body: "body", attributes: 2) }))),
        Question(
          label: "a record of a megabyte",
          body: .telemetry(.init(records: [.init(kind: SMG_REC_LOG, name: "", body: String(repeating: "a", count: 1 << 20))]))),
      ]
    }
  }
}
