/// Redirects within an origin (RFC 9110 section 15.4).
enum Redirect {
  /// Where to go on; nil if the response is to be returned as it is.
  static func location(of response: EgressResponse, _ policy: EgressRequest.Redirects, hops: Int) throws(EgressError) -> String? {
    guard case .sameOrigin(let maximum) = policy, [301, 302, 303, 307, 308].contains(response.status),
      let location = response.header("location")
    else { return nil }
    guard hops < maximum else { throw .redirected(reason: "more than \(maximum) in a row") }
    return location
  }

  static func follow(_ location: String, status: Int, _ request: inout PreparedRequest) throws(EgressError) {
    let target = try request.target.redirected(to: location)
    guard target.hasSameOrigin(as: request.target) else {
      throw .redirected(
        reason: "\(request.target.origin) points to another origin, \(target.origin); if that is right, configure the final URL")
    }
    request.target = target
    if status == 303 { request.becomeGet() }
  }

  /// Reads a short body to its end, so that the connection can serve the next request. What goes wrong here, or is longer, only costs the connection.
  static func drain(_ body: EgressBody) async {
    do throws(EgressError) {
      _ = try await body.collect(upTo: 16 << 10)
    } catch {
      return
    }
  }
}
