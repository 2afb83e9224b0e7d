internal import ArgumentParser
internal import JSON

/// A command that asks a gateway: the running one of `--url`, or one that is opened for it from the file and never serves.
protocol AskCommand: RoutedCommand {
  var place: PlaceOptions { get }
  var mcpConfig: MCPConfigOption { get }
}

extension AskCommand {
  /// - Parameter fields: of the route's operation, saying the same as `input`.
  func ask<O: Operation>(
    _ question: O.Type, _ input: O.Input, _ fields: JSONObject = [:], show: (JSONValue) throws -> Void
  ) async throws where O.Context == OperationContext {
    try await Command.run {
      guard let remote = try place.remote.administration() else {
        return try await Command.answer(question, input, config: place.config, mcpConfig: mcpConfig.name, show: show)
      }
      let named = mcpConfig.name.map { fields.adding(["config_name": .string($0)]) } ?? fields
      try show(try await remote.run(Self.operation, named, ChangeTerms()).answer.data)
    }
  }

  /// Shows a document; one that reports an error makes the command fail.
  func showDocument(_ document: JSONValue) throws { try Output.show(document: document, as: place.output) }
}
