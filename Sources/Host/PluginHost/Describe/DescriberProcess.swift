internal import Glibc
internal import NIOCore

/// Runs a child of this binary that loads a library and tells what it is, so that a library that crashes, hangs or ends its process when it is loaded
/// does so there.
struct DescriberProcess {
  let settings: PluginSettings
  let image: SealedImage

  /// Descriptors of the child; the rest is closed.
  enum Descriptor {
    static let image: Int32 = 3
    static let answer: Int32 = 4
    static let config: Int32 = 5
  }

  /// Loads the library in a child and reads its tables there.
  func describe(path: String) throws(PluginRefusal) -> PluginDescription {
    let outcome = run(arguments: [], config: [], timeout: settings.describeTimeout)
    let reason: String
    switch outcome {
    case .success(.described(let description)): return description
    case .success(.refused(let problem)): throw PluginRefusal(path: path, rule: problem.rule, reason: problem.reason, fix: problem.fix)
    case .success: reason = "gives garbage when loaded"
    case .failure(let failure): reason = failure.text(doing: "loaded")
    }
    throw PluginRefusal(path: path, rule: .describe, reason: reason, fix: "the library is faulty; do not use it")
  }

  /// Creates an instance in a child, to see whether that can be survived.
  /// - Returns: nil when it went well, otherwise why not.
  func tryCreate(_ kind: ProviderKind, _ name: String, config: [UInt8], timeout: TimeAmount) -> String? {
    switch run(arguments: [kind.rawValue, name], config: config, timeout: timeout) {
    case .success(.created): nil
    case .success(.notCreated(let reason)): reason
    case .success(.refused(let problem)): problem.reason
    case .success(.described): "the child answered something else"
    case .failure(let failure): failure.text(doing: "created")
    }
  }

  // MARK: The child

  enum Failure: Error {
    case notStarted(String)
    case signal(Int32)
    case exit(Int32)
    case hang(TimeAmount)
    case garbage

    func text(doing what: String) -> String {
      switch self {
      case .notStarted(let reason): "the describing process cannot be started: \(reason)"
      case .signal(let number): "crashes when \(what): signal \(number) (\(strsignal(number).map { String(cString: $0) } ?? "unknown"))"
      case .exit(let status): "ends the process when \(what): exit status \(status)"
      case .hang(let time): "does not return within \(time.nanoseconds / 1_000_000) ms when \(what)"
      case .garbage: "gives garbage when \(what)"
      }
    }
  }

  private func run(arguments: [String], config: [UInt8], timeout: TimeAmount) -> Result<DescriberAnswer, Failure> {
    let deadline = InstanceCore.soon(timeout)
    do throws(PluginChild.NotStarted) {
      let configFile = try HandedFile.make(config, name: "smg:config")
      defer { close(configFile) }
      let child = PluginChild(
        path: settings.describerPath, arguments: [PluginDescriber.verb] + arguments,
        descriptors: [(image.descriptor, Descriptor.image), (configFile, Descriptor.config)])
      let (bytes, end) = try child.run(answer: Descriptor.answer, maxAnswerBytes: Limits.Plugin.maxDescriptorBytes, until: deadline)
      switch end {
      case .hang: return .failure(.hang(timeout))
      case .signal(let number): return .failure(.signal(number))
      case .exit(let status) where status != 0: return .failure(.exit(status))
      case .exit: break
      }
      guard let bytes, let answer = DescriberAnswer(bytes) else { return .failure(.garbage) }
      return .success(answer)
    } catch {
      return .failure(.notStarted(error.reason))
    }
  }
}
