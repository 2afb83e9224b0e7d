package import JSON
internal import NIOCore

/// `doctor`: everything that keeps a gateway from working, looked at in turn, with what to do about it.
package enum Doctor: Operation {
  package struct Input: Sendable {
    /// Start each server, or reach it, and ask for its tools.
    package var asksServers: Bool

    package init(asksServers: Bool) { self.asksServers = asksServers }
  }
  package static let name = "doctor"
  package static let isMutation = false

  /// - Returns: `status` (`ok`, `warning` or `problem`, the worst of them) and `checks`.
  package static func run(_ input: Input, _ context: LocalContext) async throws -> JSONValue {
    let findings = await findings(context, asksServers: input.asksServers)
    let worst: Finding.Status =
      findings.contains { $0.status == .problem } ? .problem : findings.contains { $0.status == .warning } ? .warning : .ok
    return ["status": .string(worst.rawValue), "checks": .array(findings.map(\.document))]
  }

  private static func findings(_ context: LocalContext, asksServers: Bool) async -> [Finding] {
    let source = context.lookup.find()
    guard source.isOwn, let path = source.path else {
      return [.problem("configuration", "there is no configuration of your own: nobody can call", ConfigReader.generateHint)]
    }
    let document: ConfigDocument
    do { document = try DocumentStore(path: path).read() } catch { return [.problem("configuration", error)] }
    var findings = FileCheckup(document: document).findings
    do {
      let gateway = try await Gateway.open(source, executable: context.executable, isServing: false)
      findings += await GatewayCheckup(gateway: gateway).findings(asksServers: asksServers)
      await gateway.close(deadline: .now() + Limits.Transport.drainTimeout)
    } catch let error as ConfigError {
      findings += error.problems.map { problem in
        var place = problem
        place.suggestion = nil
        return .problem("configuration", place.description, problem.suggestion)
      }
    } catch {
      findings.append(.problem("plugins", error))
    }
    return findings
  }
}
