/// One line that the supervisor writes to the control socket; see `Sources/CSupervisor/include/smg_supervisor.h`.
enum SupervisorReport: Sendable, Equatable {
  case started(pid: Int32)
  case failed(code: Int32, step: String)
  case ended(ExitStatus)

  init?(line: some StringProtocol) {
    let words = line.split(separator: " ")
    guard words.count >= 2, let number = Int32(words[1]) else { return nil }
    switch (words[0], words.count) {
    case ("P", 2): self = .started(pid: number)
    case ("E", 3): self = .failed(code: number, step: String(words[2]))
    case ("X", 3):
      guard let signal = Int32(words[2]) else { return nil }
      self = .ended(signal == 0 ? .code(number) : .signal(signal))
    default: return nil
    }
  }
}

/// How a child ended.
package enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)
  /// The supervisor itself was killed before it could tell.
  case unknown

  package var description: String {
    switch self {
    case .code(let code): "exited with status \(code)"
    case .signal(let number): "was ended by signal \(number)"
    case .unknown: "ended"
    }
  }
}
