internal import JSON
internal import MCP
internal import NIOCore

/// Requests for the items of servers, each through the pipeline, in the names of the client.
struct FederatedCalls: Sendable {
  let pipeline: Pipeline
  let names: FederatedNames
  let era: Era
  let caller: Caller
  let context: RequestContext
  /// Nil: the gateway asks the client what a server wants to know, while its request runs.
  let rounds: Rounds?

  /// How a client of 2026-07-28 goes on with a request that a server wants input for.
  struct Rounds: Sendable {
    let after: Repetition?
    /// The result that asks the client.
    let encode: @Sendable (RoundAtClient) -> [UInt8]
  }

  /// Blocks and failures are tool errors, which a model can read. What the client could not know of is refused.
  func callTool(_ params: ClientParams) async throws(RPCError) -> [UInt8] {
    let name = try params.string("name", of: MethodName.toolsCall)
    guard let place = names.place(of: name) else { throw .unknown("tool", name) }
    var call = try params.named(.tool(place.item))
    call.parameterFields = context.parameterFields
    let answer: Result<[UInt8], RPCError>
    do throws(FederatedFailure) { answer = try await run(call, at: place.server) } catch {
      guard !error.isAboutRequest else { throw error.rpcError(era: era) }
      return error.toolResult.encoded(modernFrom: era == .modern ? .gateway : nil)
    }
    return try answer.get()
  }

  func getPrompt(_ params: ClientParams) async throws(RPCError) -> [UInt8] {
    let name = try params.string("name", of: MethodName.promptsGet)
    guard let place = names.place(of: name) else { throw .unknown("prompt", name) }
    return try await answer(try params.named(.prompt(place.item)), at: place.server)
  }

  func readResource(_ params: ClientParams) async throws(RPCError) -> [UInt8] {
    let uri = try params.string("uri", of: MethodName.resourcesRead)
    guard let place = names.place(ofURI: uri) else { throw .unknownResource(uri, era) }
    let call = try params.whole(.resource(uri: place.item), replacing: ["uri": JSONValue.string(place.item).serialized()])
    return try await answer(call, at: place.server, cache: CacheHint.none)
  }

  func complete(_ params: ClientParams) async throws(RPCError) -> [UInt8] {
    guard let reference = params["ref"] else { throw .invalidParams("completion/complete needs ref, an object.") }
    let (member, place, target): (String, FederatedNames.Place, ForwardedRequest.Target)
    switch reference["type"]?.stringValue {
    case "ref/prompt":
      let name = try ClientParams(reference).string("name", of: "ref/prompt")
      guard let found = names.place(of: name) else { throw .unknown("prompt", name) }
      (member, place, target) = ("name", found, .promptCompletion(found.item))
    case "ref/resource":
      let uri = try ClientParams(reference).string("uri", of: "ref/resource")
      guard let found = names.place(ofURI: uri) else { throw .unknownResource(uri, era) }
      (member, place, target) = ("uri", found, .resourceCompletion(uri: found.item))
    default: throw .invalidParams("ref.type must be ref/prompt or ref/resource.")
    }
    let call = try params.whole(target, replacing: ["ref": reference.text(with: JSONValue.string(place.item).serialized(), as: member)])
    guard try await offersCompletion(place.server) else { return present(Self.noCompletions) }
    return try await answer(call, at: place.server)
  }

  // MARK: Answers

  private func answer(_ call: ForwardedRequest, at server: ServerEntry, cache: CacheHint? = nil) async throws(RPCError) -> [UInt8] {
    let answer: Result<[UInt8], RPCError>
    do throws(FederatedFailure) { answer = try await run(call, at: server, cache: cache) } catch {
      throw error.rpcError(era: era, isResource: call.method == MethodName.resourcesRead)
    }
    return try answer.get()
  }

  /// The server's result, or its refusal, for the client; thrown is what the gateway itself has to say.
  private func run(
    _ call: ForwardedRequest, at server: ServerEntry, cache: CacheHint? = nil
  ) async throws(FederatedFailure) -> Result<[UInt8], RPCError> {
    var call = call
    if let rounds { call.rounds = .atClient(after: rounds.after) }
    switch await pipeline.run(call, on: server, for: caller, context) {
    case .inputRequired(let round):
      guard let rounds else {
        throw FederatedFailure(GatewayError(.internalError, "The answer could not be prepared.", server: server.name))
      }
      return .success(rounds.encode(round))
    case .answered(let result, _, let input, let output):
      do throws(JSONError) {
        let rewritten = try ResultRewriting(method: call.method, uriPrefix: names.uriPrefix(of: server), revision: context.revision)
          .apply(to: result)
        return .success(present(rewritten, cache: cache, meta: Self.proof(input, output, server)))
      } catch {
        pipeline.observation.log.error("An answer could not be rewritten", ["server": server.name, "reason": error.description])
        throw FederatedFailure(GatewayError(.internalError, "The answer could not be prepared.", server: server.name, tool: call.item))
      }
    case .refused(let raw, _):
      guard let error = RPCError(object: raw) else {
        throw FederatedFailure(GatewayError(.toolExecutionFailed, "The server refused the request.", server: server.name, tool: call.item))
      }
      return .failure(RPCError(ofServer: error, era: era, isResource: call.method == MethodName.resourcesRead))
    case .blockedInput(let report): throw FederatedFailure(blocked: .input, report, server: server, item: call.item)
    case .blockedOutput(let report): throw FederatedFailure(blocked: .output, report, server: server, item: call.item)
    case .failed(let error): throw FederatedFailure(error)
    }
  }

  private func present(_ result: RawJSON, cache: CacheHint? = nil, meta: [(name: String, value: [UInt8])] = []) -> [UInt8] {
    // Some transports carry a message a line.
    let result = result.compacted()
    guard era == .modern else { return ModernResult.adding(meta, to: result) }
    return ModernResult.decorate(result, serverInfo: .gateway, cache: cache, moreMeta: meta)
  }

  /// That guardrails judged the request and its answer, and which of them gave no verdict; nothing for a server without policies.
  private static func proof(
    _ input: ScreeningReport, _ output: ScreeningReport, _ server: ServerEntry
  ) -> [(name: String, value: [UInt8])] {
    guard server.inputPolicy.isEnabled || server.outputPolicy.isEnabled else { return [] }
    var writer = JSONWriter(reservingBytes: 128)
    writer.object { writer in
      if server.inputPolicy.isEnabled { writer.member("input", object: input.writeProof) }
      if server.outputPolicy.isEnabled { writer.member("output", object: output.writeProof) }
    }
    return [(GatewayMetaKey.guardrails, writer.bytes)]
  }

  // MARK: Completion

  private static let noCompletions = RawJSON(["completion": ["values": [], "total": 0, "hasMore": false]])

  /// A server that completes nothing has nothing to suggest; others may.
  private func offersCompletion(_ server: ServerEntry) async throws(RPCError) -> Bool {
    let deadline = NIODeadline.now() + caller.state.config.common.timeouts.discovery
    do throws(GatewayError) {
      let target = try pipeline.discovery.target(server, caller, context)
      do throws(UpstreamError) {
        return Greeting(try await pipeline.upstream.serverInfo(target, deadline: deadline)).offers("completions")
      } catch {
        throw GatewayError(upstream: error, server: server.name)
      }
    } catch {
      throw FederatedFailure(error).rpcError(era: era)
    }
  }
}

extension RawJSON {
  /// The text of an object with one of its members written anew.
  fileprivate func text(with replacement: [UInt8], as member: String) -> [UInt8] {
    var writer = JSONWriter(reservingBytes: bytes.count)
    writer.object { writer in
      for (key, value) in members {
        writer.rawKey(key)
        if key.stringValue == member { writer.raw(replacement) } else { writer.raw(value) }
      }
    }
    return writer.bytes
  }
}

extension RPCError {
  fileprivate static func unknown(_ noun: String, _ name: String) -> RPCError { .invalidParams("Unknown \(noun): \(name.prefix(128))") }

  static func unknownResource(_ uri: String, _ era: Era) -> RPCError {
    RPCError(
      code: era == .legacy ? ErrorCode.resourceNotFound : ErrorCode.invalidParams, message: "Unknown resource: \(uri.prefix(256))")
  }
}
