internal import PluginABI

/// HTTP with the host's TLS, proxy, address policy and connections.
///
/// The operator decides per binding where it may go: public addresses, and what `egress.allow` lists.
public struct HTTPClient: Sendable {
  nonisolated(unsafe) let host: UnsafePointer<smg_host>
  nonisolated(unsafe) let table: UnsafePointer<smg_host_http>

  /// Sends `request` and waits for the whole answer without holding a thread. For async providers: inside one of their operations the request
  /// ends with the call at the latest.
  /// - Throws: `PluginError` when there is no answer: `.invalid` for a request, an address or a size that is not allowed, `.timeout`,
  ///   `.unavailable`. Its message may go to the operator's log. `CancellationError` when the task is cancelled, the call is over or the
  ///   instance is ending.
  public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let wait = HostWait<UInt64, Result<HTTPResponse, Failure>>()
    let call = OpenCall.id
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait.arm(continuation)
        do throws(Failure) {
          wait.started(try start(request, call, wait), cancel: cancel)
        } catch {
          wait.finish(.failure(error))
        }
      }
    } onCancel: {
      wait.cancel(using: cancel)
    }
    switch outcome {
    case .success(let response): return response
    case .failure(let failure): throw failure.error
    }
  }

  private func start(_ request: HTTPRequest, _ call: smg_call, _ wait: HostWait<UInt64, Result<HTTPResponse, Failure>>) throws(Failure)
    -> UInt64
  {
    let box = Unmanaged.passRetained(ResponseBody { wait.finish($0) })
    var id: UInt64 = 0
    let status = request.withABI(call: call) { request in
      table.pointee.start(
        host.pointee.ctx, request,
        { argument, response in
          guard let argument else { return }
          Unmanaged<ResponseBody>.fromOpaque(argument).takeRetainedValue().run(Self.outcome(response))
        }, box.toOpaque(), &id)
    }
    guard status == SMG_OK else {
      box.release()
      throw Failure(status: status, message: "the host started no request (status \(status))")
    }
    return id
  }

  private func cancel(_ id: UInt64) -> Bool { table.pointee.cancel(host.pointee.ctx, id) == SMG_OK }

  private static func outcome(_ response: UnsafePointer<smg_http_response>) -> Result<HTTPResponse, Failure> {
    guard Int(response.pointee.size) >= MemoryLayout<smg_http_response>.size else {
      return .failure(Failure(status: SMG_E_INTERNAL, message: "the host's response is smaller than this ABI minor's"))
    }
    let raw = response.pointee
    guard raw.status != SMG_OK else { return .success(HTTPResponse(raw)) }
    let message = UnsafeBufferPointer(start: raw.message.ptr, count: raw.message.ptr == nil ? 0 : max(0, raw.message.len))
    return .failure(Failure(status: raw.status, message: String(decoding: message, as: UTF8.self)))
  }

  /// Why there is no answer.
  struct Failure: Error {
    var status: smg_status
    var message: String

    var error: any Error {
      // STALE: the call that was to be served is over.
      if status == SMG_E_CANCELLED || status == SMG_E_STALE { return CancellationError() }
      return PluginError(PluginError.Status(rawValue: status) ?? .internal, message)
    }
  }

  private final class ResponseBody: Sendable {
    let run: @Sendable (Result<HTTPResponse, Failure>) -> Void
    init(run: @escaping @Sendable (Result<HTTPResponse, Failure>) -> Void) { self.run = run }
  }
}
