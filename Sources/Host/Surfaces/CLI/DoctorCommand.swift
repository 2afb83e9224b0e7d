internal import ArgumentParser
internal import JSON

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Find out what keeps the gateway from working, and what to do about it.",
    discussion: """
      Looks at the configuration, its permissions, the clock, keys, the audit record, plugins and the ports, and starts or reaches each server and asks for \
      its tools. Changes nothing. Exit status 1 when there is a problem; warnings alone are 0.
      """)

  @OptionGroup var place: PlaceOptions
  @Flag(help: "Leave the servers alone.") var skipServers = false

  func run() async throws {
    try await Command.run {
      try place.remote.refuse("`doctor` examines this machine: run it where the gateway runs, without --url.")
      let report = try await Doctor.run(Doctor.Input(asksServers: !skipServers), place.config.context())
      let isForPeople = place.output == .table || place.output == nil && Output.isTerminal
      if isForPeople { Output.print(Self.text(report)) } else { try Output.show(report, as: place.output) }
      if report["status"]?.stringValue == Finding.Status.problem.rawValue { throw ExitCode(1) }
    }
  }

  /// A line a finding, and what to do about it below.
  private static func text(_ report: JSONValue) -> String {
    let lines = (report["checks"]?.arrayValue ?? []).map { finding in
      let status = finding["status"]?.stringValue ?? ""
      let padding = String(repeating: " ", count: max(0, 9 - status.count))
      let advice = finding["advice"]?.stringValue.map { "\n           -> \($0)" } ?? ""
      return "\(status)\(padding)\(finding["check"]?.stringValue ?? ""): \(finding["detail"]?.stringValue ?? "")\(advice)"
    }
    return lines.joined(separator: "\n")
  }
}
