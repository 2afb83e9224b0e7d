internal import NIOCore

/// Gathers what several servers list: from the cache, or by asking them side by side, each within the discovery deadline.
struct FederatedLists: Sendable {
  let discovery: Discovery

  /// A server that gives no list hides only its own items.
  func add(to list: inout MergedList, of names: FederatedNames, for caller: Caller, _ request: RequestContext) async {
    for (index, found) in await gather(list.kind, names.servers, for: caller, request).enumerated() {
      list.add(found, ofServerAt: index, names)
    }
  }

  private func gather(
    _ kind: ItemKind, _ servers: [ServerEntry], for caller: Caller, _ request: RequestContext
  ) async -> [Result<ItemList, GatewayError>] {
    let known = servers.map { atHand(kind, $0, caller) }
    let missing = known.indices.filter { known[$0] == nil }
    guard !missing.isEmpty else { return known.compactMap { $0 } }
    let found = await withTaskGroup(of: (Int, Result<ItemList, GatewayError>).self) { group in
      for index in missing { group.addTask { (index, await ask(kind, servers[index], for: caller, request)) } }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    return known.enumerated().compactMap { $1 ?? found[$0] }
  }

  /// What need not be asked for; nil: the server has to be asked.
  private func atHand(_ kind: ItemKind, _ server: ServerEntry, _ caller: Caller) -> Result<ItemList, GatewayError>? {
    if let list = discovery.cached(kind, server, for: caller) {
      discovery.observation.metrics.cacheHits.increment()
      return .success(list)
    }
    return discovery.catalogue.recentTimeout(Discovery.key(kind, server, caller)).map { .failure($0) }
  }

  private func ask(
    _ kind: ItemKind, _ server: ServerEntry, for caller: Caller, _ request: RequestContext
  ) async -> Result<ItemList, GatewayError> {
    do throws(GatewayError) {
      return .success(try await discovery.items(kind, of: server, for: caller, request).list)
    } catch {
      if let cause = error.cause {
        discovery.observation.log.info(
          "A server is missing from a list", ["server": server.name, "list": kind.rawValue, "code": error.code.rawValue, "reason": cause])
      }
      return .failure(error)
    }
  }
}
