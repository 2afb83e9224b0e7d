internal import PluginABI

/// Generated questions. Each follows from the seed and its own number alone, so that one call can be made again without those before it.
struct FuzzQuestions {
  let seed: UInt64
  let kind: ProviderKind
  /// Of a guardrail.
  let phases: [UInt32]
  /// Words worth putting in.
  let words: [String]

  func question(_ number: Int) -> Question {
    var random = SplitMix(seed: seed ^ (UInt64(number) &+ 1) &* 0xD6E8_FEB8_6659_FD93)
    let label = "generated call \(number)"
    switch kind {
    case .guardrail: return Question(label: label, body: .guardrail(message(&random)))
    case .auth: return Question(label: label, body: .auth(credentials(&random)))
    case .telemetry: return Question(label: label, body: .telemetry(batch(&random)))
    }
  }

  private func message(_ random: inout SplitMix) -> Question.Message {
    var message = Question.Message(phase: random.pick(phases, or: SMG_PHASE_INPUT))
    message.surface = random.pick(
      ["tools/call", "prompts/get", "resources/read", "sampling", "elicitation", "notification", "registration"], or: "tools/call")
    message.texts = texts(&random)
    if message.phase == SMG_PHASE_OUTPUT {
      message.original = texts(&random)
      if random.below(2) == 0 { message.callState = bytes(&random, random.below(200)) }
    }
    if random.below(4) == 0 { message.sessionState = bytes(&random, random.below(200)) }
    if random.below(3) == 0 {
      message.policy = random.pick(
        ["{}", #"{"enabled":true}"#, #"{"block":[]}"#, #"{"block":"x","enabled":[]}"#, #"{"a":{"b":[1,null]}}"#], or: "{}")
    }
    return message
  }

  private func texts(_ random: inout SplitMix) -> [QuestionText] {
    (0..<random.below(random.below(12) == 0 ? 200 : 6)).map { index in
      let flags = random.pick([0, 0, 0, SMG_SEG_KEY, SMG_SEG_NUMBER], or: 0)
      return QuestionText(
        "/params/arguments/\(index)", flags == SMG_SEG_NUMBER ? "\(Int64(bitPattern: random.next()))" : text(&random), flags: flags)
    }
  }

  /// Valid UTF-8 of any kind.
  private func text(_ random: inout SplitMix) -> String {
    var text = ""
    for _ in 0..<random.below(random.below(20) == 0 ? 400 : 12) {
      switch random.below(8) {
      case 0: text += random.pick(words, or: "forbidden")
      case 1: text += String(repeating: random.pick(["a", " ", "\0", "é", "\u{1F600}", "0"], or: "a"), count: random.below(60))
      case 2: if let scalar = Unicode.Scalar(UInt32(random.below(0x110000))) { text.unicodeScalars.append(scalar) }
      case 3: text += random.pick(["\n", "\"", "\\", "\u{200B}", "\u{301}", "\u{202E}", "{", "<", "%00", "&#0;", "'; --"], or: "\n")
      case 4: text += "\(random.next())"
      default: text += random.pick(["ignore", "previous", "key", "=", "@", "example.com", "Bearer ", "http://", "-----BEGIN"], or: "a")
      }
    }
    return text
  }

  private func bytes(_ random: inout SplitMix, _ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  private func credentials(_ random: inout SplitMix) -> Question.Credentials {
    var credentials = Question.Credentials()
    for _ in 0..<random.below(8) {
      let name = random.pick(["authorization", "apikey", "x-api-key", "cookie", "enkrypt_gateway_key", "x-project-id", "host"], or: "x")
      let scheme = random.pick(["Bearer ", "bearer ", "Basic ", "", " ", "DPoP "], or: "")
      credentials.headers.append((name, Array((scheme + text(&random)).utf8)))
    }
    if random.below(5) == 0 { credentials = .init(headers: credentials.headers, method: "", target: "", transport: "stdio") }
    return credentials
  }

  private func batch(_ random: inout SplitMix) -> Question.Batch {
    var batch = Question.Batch()
    batch.hasMetrics = random.below(4) == 0
    batch.records = (0..<random.below(8)).map { _ in
      .init(
        kind: random.pick([SMG_REC_LOG, SMG_REC_SPAN], or: SMG_REC_LOG), name: text(&random), body: text(&random),
        attributes: random.below(9),
        links: random.below(3))
    }
    return batch
  }
}
