internal import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "The record of administrative changes.", subcommands: [Verify.self, Export.self])

  struct Verify: AdminCommand {
    static let operation = AuditOperations.verify
    static let discussion =
      "Exit status 1 when the record is broken. Note the head elsewhere: it shows later whether lines were taken off the end."
    @OptionGroup var place: PlaceOptions
  }

  struct Export: AdminCommand {
    static let operation = AuditOperations.export
    @Option(help: "The file to write; standard output without it.") var outputFile: String?
    @OptionGroup var place: PlaceOptions
  }
}
