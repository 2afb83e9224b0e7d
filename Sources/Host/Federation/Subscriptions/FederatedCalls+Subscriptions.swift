internal import JSON
internal import MCP
internal import NIOCore

/// Hearing of changes of single resources, each wish through the pipeline, in the names of the client.
extension FederatedCalls {
  /// `resources/subscribe` (legacy), and each resource that `subscriptions/listen` names.
  /// - Parameter timeout: for the server to agree; nil: as for any call.
  func subscribe(
    _ params: ClientParams, for client: ClientSubscriptions, _ hub: ResourceSubscriptions, timeout: TimeAmount? = nil
  ) async throws(RPCError) {
    let uri = try params.string("uri", of: MethodName.resourcesSubscribe)
    guard let place = names.place(ofURI: uri) else { throw .unknownResource(uri, era) }
    let call = try params.whole(.subscription(uri: place.item), replacing: ["uri": JSONValue.string(place.item).serialized()])
    let resource = FollowedResource(
      uri: uri, uriPrefix: names.uriPrefix(of: place.server), call: call, on: place.server, for: caller, context)
    guard try client.add(resource) else { return }
    let outcome = await pipeline.follow(
      call, on: place.server, for: caller, context,
      timeout: timeout ?? place.server.timeout ?? caller.state.config.common.timeouts.toolExecution
    ) { target, serverURI, deadline in
      await hub.establish(resource, for: client, target, serverURI, deadline: deadline)
    }
    do throws(RPCError) { try check(outcome, place) } catch {
      client.remove(resource)
      throw error
    }
  }

  /// `resources/unsubscribe` (legacy). What was not subscribed to is left as it is.
  func unsubscribe(_ params: ClientParams, for client: ClientSubscriptions) throws(RPCError) {
    client.remove(try params.string("uri", of: MethodName.resourcesUnsubscribe))
  }

  private func check(_ outcome: Pipeline.Outcome, _ place: FederatedNames.Place) throws(RPCError) {
    let failure: FederatedFailure
    switch outcome {
    case .answered: return
    case .refused(let raw, _):
      guard let error = RPCError(object: raw) else { throw .internalError("The server refused the request.") }
      throw RPCError(ofServer: error, era: era, isResource: true)
    case .blockedInput(let report): failure = FederatedFailure(blocked: .input, report, server: place.server, item: place.item)
    case .blockedOutput(let report): failure = FederatedFailure(blocked: .output, report, server: place.server, item: place.item)
    case .failed(let error): failure = FederatedFailure(error)
    case .inputRequired:
      failure = FederatedFailure(GatewayError(.internalError, "The answer could not be prepared.", server: place.server.name))
    }
    throw failure.rpcError(era: era, isResource: true)
  }
}
