internal import JSON
internal import MCP
internal import NIOCore

/// Updates of single resources, in the way of the server's era. How many want them does not matter here: each resource is followed once.
extension UpstreamConnection {
  /// - Returns: nil once the server tells of changes of this resource; or why it does not.
  func follow(_ uri: String, deadline: NIODeadline) async throws(CallFailure) -> RPCError? {
    guard greeting?.announcesUpdates == true else { return .notTold }
    if let listening { return try await listening.follow(uri, deadline: deadline) }
    switch try await request(method: MethodName.resourcesSubscribe, params: Self.params(uri), deadline: deadline, listener: nil) {
    case .result: return nil
    case .error(let error): return error
    case .inputRequired: return .notTold
    }
  }

  /// What becomes of it is of no concern: at worst the server tells what nobody wants to hear.
  func unfollow(_ uri: String, deadline: NIODeadline) async {
    if let listening { return listening.unfollow(uri) }
    do throws(CallFailure) {
      _ = try await request(method: MethodName.resourcesUnsubscribe, params: Self.params(uri), deadline: deadline, listener: nil)
    } catch {
      // The conversation has ended, or will be asked for nothing again.
      return
    }
  }

  private static func params(_ uri: String) -> [UInt8] { JSONValue.object(["uri": .string(uri)]).serialized() }
}
