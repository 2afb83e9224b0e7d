internal import JSON
internal import MCP
internal import NIOCore
internal import Synchronization

/// The least severe log messages that a server before 2026-07-28 was asked for (`logging/setLevel`), over all whose calls share its connection. Each of them
/// hears what it wants of that, so the level is only ever lowered: a higher one would take messages away from somebody else.
final class AskedLevel: Sendable {
  private let level = Mutex<LoggingLevel?>(nil)

  /// - Parameters:
  ///   - wanted: by the client of a call, whether it said so or not.
  ///   - isSaid: a client that said nothing leaves the choice to the server, unless another has said something.
  /// - Returns: what the server has to be asked for now, if anything.
  func lower(to wanted: LoggingLevel?, isSaid: Bool) -> LoggingLevel? {
    guard let wanted else { return nil }
    return level.withLock { level in
      if let asked = level { guard wanted < asked else { return nil } } else { guard isSaid else { return nil } }
      level = wanted
      return wanted
    }
  }
}

extension UpstreamPool {
  /// Tells a server what its log messages are wanted from, before the call. A server that all share is not told.
  func setLevel(_ lease: State.Lease, _ target: UpstreamTarget, for listener: (any UpstreamListener)?, deadline: NIODeadline) async {
    guard let listener, target.server.sharing != .gateway, let greeting = lease.connection.greeting, greeting.revision.era == .legacy,
      greeting.offers("logging"), let level = lease.connection.askedLevel.lower(to: listener.loggingLevel, isSaid: listener.isLevelSaid)
    else { return }
    let params: JSONValue = ["level": .string(level.rawValue)]
    do throws(CallFailure) {
      _ = try await lease.connection.request(
        method: MethodName.setLoggingLevel, params: params.serialized(), deadline: min(deadline, .now() + Limits.Upstream.setLevelTimeout),
        listener: nil)
    } catch {
      // The call itself says what is wrong with the server.
      setup.log.debug("the level of log messages could not be set", ["server": target.server.name, "reason": "\(error)"])
    }
  }
}
