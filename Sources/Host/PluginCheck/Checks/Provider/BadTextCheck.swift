internal import PluginABI

extension PluginCheck {
  static let badText = provider(
    CheckRule(
      id: "invalid-utf8", summary: "Text that is no UTF-8 is survived, although the host never sends any.",
      header: "R3: text is UTF-8. The host keeps to that; a plugin that trusts it blindly depends on every host that will ever be.",
      fix: "Repair or refuse invalid sequences instead of trusting them; in Rust from_utf8_lossy() instead of from_utf8_unchecked().",
      severity: .advice),
    of: [.guardrail]
  ) { bench throws(CheckEnd) in
    let sequences: [[UInt8]] = [
      [0xFF], [0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], Array(repeating: 0x80, count: 100),
    ]
    try bench.withInstance { instance throws(CheckEnd) in
      for (index, bytes) in sequences.enumerated() {
        let phase = Corpus.phases(bench.guardrail.pointee.phases).first ?? SMG_PHASE_INPUT
        let question = Corpus.message("invalid UTF-8, sequence \(index + 1)", phase, [QuestionText("/a", bytes: bytes)])
        // Offsets and new texts of it cannot be judged: it is to come back, no more.
        let (call, _) = instance.enter(question)
        guard instance.host.calls.wait(call, until: bench.callDeadline) != nil else {
          return bench.fail("\(question.label): not completed")
        }
      }
    }
  }
}
