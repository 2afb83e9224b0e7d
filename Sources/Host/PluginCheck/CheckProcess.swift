internal import Glibc
internal import JSON
internal import NIOCore

/// Runs checks in children, one each, and makes a verdict of however they end.
struct CheckProcess {
  /// This binary.
  let path: String
  let image: SealedImage

  /// What the library offers; nil when it cannot be loaded or read, which the checks tell.
  func offer(_ settings: CheckBench.Settings) -> CheckedOffer? {
    var job = CheckJob()
    job.settings = settings
    guard case .success(let ended) = run(job), let bytes = ended.answer, let json = Self.json(bytes)?["offer"] else { return nil }
    return CheckedOffer(json)
  }

  /// Makes the check that the job names.
  /// - Throws: when no child can be started.
  func verdict(_ job: CheckJob) throws(PluginChild.NotStarted) -> CheckVerdict {
    let check = job.check ?? ""
    let began = WallClock.monotonicNanoseconds()
    let ended = try run(job).get()
    let told = ended.answer.flatMap { Self.json($0)?["verdict"] }.flatMap(CheckVerdict.init)
    var verdict = told ?? CheckVerdict(check: check, provider: job.provider?.name, status: .fail)
    verdict.provider = job.provider?.name
    if told == nil {
      verdict.reasons.append(reason(of: ended, check: check))
      verdict.milliseconds = Int((WallClock.monotonicNanoseconds() - began) / 1_000_000)
      if check == "fuzz" { verdict.reasons.append(CheckReason(rule: "fuzz", text: "the call is number \(ended.number)")) }
      if let last = Self.lines(ended.errors).last { verdict.notes.append("its last words: \(last)") }
    } else if check == "output" {
      judge(output: ended, &verdict, job)
    }
    return verdict
  }

  // MARK: How it ended

  private struct Ended {
    var answer: [UInt8]?
    var end: PluginChild.End
    var stage: String
    var fault: CheckReason?
    var number: UInt64
    var output: [UInt8]
    var errors: [UInt8]
  }

  private func reason(of ended: Ended, check: String) -> CheckReason {
    let place = ended.stage.isEmpty ? "before anything of it was called" : "in \(ended.stage)"
    switch ended.end {
    case .signal(let number):
      let name = strsignal(number).map { String(cString: $0) } ?? "unknown"
      guard let fault = ended.fault else { return CheckReason(rule: "crash", text: "it crashed \(place): signal \(number) (\(name))") }
      return CheckReason(rule: fault.rule, text: "it \(fault.text): signal \(number) (\(name)), \(place) or on a thread of its own")
    case .hang: return CheckReason(rule: "returns", text: "it did not come to an end, \(place)")
    case .exit(let status): return CheckReason(rule: "process", text: "it ended the process \(place): exit status \(status)")
    }
  }

  private func judge(output ended: Ended, _ verdict: inout CheckVerdict, _ job: CheckJob) {
    for (bytes, name) in [(ended.output, "standard output"), (ended.errors, "standard error")] where !bytes.isEmpty {
      let line = Self.lines(bytes).first ?? ""
      let reason = CheckReason(rule: "output", text: "it wrote to \(name): \"\(line.prefix(120))\"")
      let isPurpose = job.provider?.kind == .telemetry
      verdict.reasons.append(reason)
      if verdict.status != .fail { verdict.status = isPurpose ? .warn : .fail }
    }
  }

  private static func lines(_ bytes: [UInt8]) -> [String] {
    String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).map { line in
      String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
  }

  private static func json(_ bytes: [UInt8]) -> JSONValue? {
    do { return try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.PluginCheck.maxAnswerBytes)).value } catch { return nil }
  }

  // MARK: The child

  private func run(_ job: CheckJob) -> Result<Ended, PluginChild.NotStarted> {
    do throws(PluginChild.NotStarted) {
      let (record, recordFile) = try BlackBox.make()
      var files = [recordFile]
      defer {
        record.close()
        for file in files { close(file) }
      }
      let jobFile = try HandedFile.make(job.document.serialized(), name: "smg:job")
      files.append(jobFile)
      let output = try HandedFile.make([], name: "smg:output")
      files.append(output)
      let errors = try HandedFile.make([], name: "smg:errors")
      files.append(errors)
      let child = PluginChild(
        path: path, arguments: [CheckChild.verb],
        descriptors: [
          (image.descriptor, CheckChild.Descriptor.image), (jobFile, CheckChild.Descriptor.job), (recordFile, CheckChild.Descriptor.record),
        ],
        output: output, errors: errors)
      let (bytes, end) = try child.run(
        answer: CheckChild.Descriptor.answer, maxAnswerBytes: Limits.PluginCheck.maxAnswerBytes, until: Self.deadline(job))
      return .success(
        Ended(
          answer: bytes, end: end, stage: record.stage, fault: record.fault, number: record.number, output: Self.start(of: output),
          errors: Self.start(of: errors)))
    } catch {
      return .failure(error)
    }
  }

  /// Long enough for every function to take all of its time once, the check being made of many that are quick.
  private static func deadline(_ job: CheckJob) -> UInt64 {
    InstanceCore.soon(.seconds(60 + 6 * Int64(job.settings.callSeconds)))
  }

  private static func start(of file: Int32) -> [UInt8] {
    lseek(file, 0, SEEK_SET)
    return HandedFile.read(file, max: Limits.PluginCheck.maxOutputBytes) ?? []
  }
}
