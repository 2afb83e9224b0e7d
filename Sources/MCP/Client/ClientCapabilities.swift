package import JSON

/// What a client declared that may be asked of it while its request runs.
package struct ClientCapabilities: Sendable {
  /// Why something cannot be asked of the client. `required` is the capabilities object that it would have to declare.
  package enum Obstacle: Sendable, Equatable {
    /// Nothing that a client can be asked.
    case unknown
    case missing(required: JSONValue)
    /// The client answers such requests, but not of this kind.
    case unsupported(required: JSONValue)

    package var required: JSONValue {
      switch self {
      case .unknown: [:]
      case .missing(let required), .unsupported(let required): required
      }
    }
  }

  private let sampling: RawJSON?
  private let elicitation: RawJSON?
  private let roots: RawJSON?

  /// - Parameter declared: the `capabilities` object of the client; nil declares nothing.
  package init(_ declared: RawJSON?) {
    func object(_ name: String) -> RawJSON? { declared?[name].flatMap { $0.kind == .object ? $0 : nil } }
    sampling = object("sampling")
    elicitation = object("elicitation")
    roots = object("roots")
  }

  package var canBeAsked: Bool { sampling != nil || elicitation != nil || roots != nil }

  /// Nil when the client can be asked this.
  package func obstacle(to method: String, _ params: RawJSON?) -> Obstacle? {
    switch method {
    case MethodName.createMessage: obstacleToSampling(params)
    case MethodName.elicit: obstacleToElicitation(params)
    case MethodName.rootsList: roots == nil ? .missing(required: ["roots": [:]]) : nil
    default: .unknown
    }
  }

  /// Tools in sampling are for clients that say so (2025-11-25).
  private func obstacleToSampling(_ params: RawJSON?) -> Obstacle? {
    let hasTools = ["tools", "toolChoice"].contains { params?[$0].map { !$0.isNull } ?? false }
    guard let sampling else { return .missing(required: ["sampling": hasTools ? ["tools": [:]] : [:]]) }
    guard hasTools, !Self.has("tools", in: sampling) else { return nil }
    return .unsupported(required: ["sampling": ["tools": [:]]])
  }

  /// A request that names no mode is a form; a client that names no mode has forms only (2025-11-25).
  private func obstacleToElicitation(_ params: RawJSON?) -> Obstacle? {
    let mode = params?["mode"].flatMap { $0.isNull ? nil : $0.stringValue ?? "" } ?? "form"
    guard ["form", "url"].contains(mode) else { return .unsupported(required: [:]) }
    let required: JSONValue = ["elicitation": .object([mode: [:]])]
    guard let elicitation else { return .missing(required: required) }
    let isSupported = Self.has(mode, in: elicitation) || (mode == "form" && !Self.has("url", in: elicitation))
    return isSupported ? nil : .unsupported(required: required)
  }

  private static func has(_ name: String, in capability: RawJSON) -> Bool { capability[name]?.kind == .object }

  // MARK: Towards servers

  private static let nothing = Array("{}".utf8)

  /// JSON text of the object that is declared to a server on the client's behalf: what the gateway relays of it, in one form whatever else the client wrote,
  /// so that clients of equal abilities share a server.
  package var declaration: [UInt8] {
    guard canBeAsked else { return Self.nothing }
    var writer = JSONWriter()
    writer.object { object in
      Self.write(sampling, "sampling", kinds: ["tools", "context"], into: &object)
      Self.write(elicitation, "elicitation", kinds: ["form", "url"], into: &object)
      Self.write(roots, "roots", kinds: [], into: &object)
    }
    return writer.bytes
  }

  private static func write(_ capability: RawJSON?, _ name: String, kinds: [String], into writer: inout JSONWriter) {
    guard let capability else { return }
    writer.key(name)
    writer.object { object in
      for kind in kinds where has(kind, in: capability) {
        object.key(kind)
        object.object { _ in }
      }
    }
  }
}
