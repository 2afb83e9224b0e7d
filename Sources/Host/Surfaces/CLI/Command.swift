internal import ArgumentParser
internal import Glibc
internal import JSON
internal import NIOCore

/// How every command ends: with data on standard output, or with one message on standard error and an exit status.
enum Command {
  static func run(_ work: () async throws -> Void) async throws {
    do {
      try await work()
    } catch let error as ConfigError {
      Output.complain(problems: error)
      throw ExitCode(1)
    } catch let error as GatewayError {
      Output.complain(error.message, error.cause, suggestions: error.suggestions)
      throw ExitCode(error.code.exitStatus)
    } catch let exit as ExitCode {
      throw exit
    } catch {
      Output.complain("\(error)")
      throw ExitCode(1)
    }
  }

  /// Runs an operation on the configuration file, without a running gateway.
  static func answer<O: Operation>(
    _ operation: O.Type, _ input: O.Input, config: ConfigOption, mcpConfig: String?, show: (JSONValue) throws -> Void
  ) async throws where O.Context == OperationContext {
    try await run {
      let context = try config.context()
      let gateway = try await Gateway.open(context.lookup.find(), executable: context.executable, isServing: false)
      let output: JSONValue
      do {
        output = try await OperationRunner.run(operation, input, gateway.operatorContext(config: mcpConfig))
      } catch {
        await gateway.close(deadline: .now() + Limits.Transport.drainTimeout)
        throw error
      }
      await gateway.close(deadline: .now() + Limits.Transport.drainTimeout)
      try show(output)
    }
  }
}

/// Standard output is for data, standard error for people.
enum Output {
  static func print(_ text: String) {
    Swift.print(text)
    fflush(nil)
  }

  /// Prints a document; one that reports an error makes the command fail.
  static func show(document: JSONValue, as format: OutputFormat?) throws {
    try show(document, as: format)
    if document["status"]?.stringValue == "error" { throw ExitCode(1) }
  }

  /// Every mistake on a line of its own, under a line that counts them.
  static func complain(problems error: ConfigError) {
    let count = error.problems.count + error.omitted
    guard count > 1, let file = error.problems.first?.file else { return complain(error.description) }
    complain("\(count) mistakes in \(file)", error.description.replacing("\n", with: "\n  "))
  }

  static func complain(_ message: String, _ cause: String? = nil, suggestions: [String] = []) {
    var text = "error: \(message)\n"
    if let cause { text += "  \(cause)\n" }
    for suggestion in suggestions { text += "  → \(suggestion)\n" }
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }
}
