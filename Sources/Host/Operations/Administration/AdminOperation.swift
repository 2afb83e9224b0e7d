package import JSON
internal import Synchronization

/// Something an administrator can have done: stated once, with everything that its command, its route and its reference are made of.
package struct AdminOperation: Sendable {
  /// The words of the command, e.g. "project add-user".
  package let name: String
  package let summary: String
  package let permission: Permission
  package let route: Route
  package let fields: [FieldUse]
  /// What `data` of the answer looks like.
  package private(set) var shape = Shape.any
  /// The answer is a document that can go into a file instead.
  package private(set) var isExport = false
  /// A key that only uses a project may look at that project by it.
  package private(set) var isOpenToMembers = false
  /// After `.bkp.`, before the time, in the name of the backup that is made first.
  var backupTag = ""
  let body: Body

  /// What the caller needs.
  package enum Permission: String, Sendable, CaseIterable {
    /// To look at what holds no secret.
    case read
    /// To change, or to see secrets.
    case administer
  }

  /// Where it stands in the REST API, below `/api/v1`. `{config}` and the like in the path are the fields of that name.
  package struct Route: Sendable, Hashable {
    package enum Method: String, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE" }
    package let method: Method
    package let path: String

    static func get(_ path: String) -> Route { Route(method: .get, path: path) }
    static func post(_ path: String) -> Route { Route(method: .post, path: path) }
    static func put(_ path: String) -> Route { Route(method: .put, path: path) }
    static func delete(_ path: String) -> Route { Route(method: .delete, path: path) }
  }

  enum Body: Sendable {
    case look(@Sendable (AdminCall) throws -> Answer)
    case change(@Sendable (inout AdminEdit) throws -> Answer)
    case pins(@Sendable (inout PinEdit) throws -> Answer)
    case act(@Sendable (AdminCall) throws -> AdminAction)
    case ask(@Sendable (AdminCall) throws -> AdminAction)
  }

  func answering(_ shape: Shape) -> AdminOperation {
    var operation = self
    operation.shape = shape
    return operation
  }

  func exporting(_ shape: Shape) -> AdminOperation {
    var operation = answering(shape)
    operation.isExport = true
    return operation
  }

  func openToMembers() -> AdminOperation {
    var operation = self
    operation.isOpenToMembers = true
    return operation
  }

  package var isMutation: Bool {
    switch body {
    case .look, .ask: false
    case .change, .pins, .act: true
    }
  }

  /// An operation that changes nothing.
  static func look(
    _ name: String, _ summary: String, _ route: Route, _ fields: [FieldUse] = [], needs permission: Permission = .read,
    _ body: @escaping @Sendable (AdminCall) throws -> Answer
  ) -> AdminOperation {
    AdminOperation(name: name, summary: summary, permission: permission, route: route, fields: fields, body: .look(body))
  }

  /// An operation that changes the configuration.
  static func change(
    _ name: String, _ summary: String, _ route: Route, _ fields: [FieldUse] = [], backupTag: String = "",
    _ body: @escaping @Sendable (inout AdminEdit) throws -> Answer
  ) -> AdminOperation {
    AdminOperation(
      name: name, summary: summary, permission: .administer, route: route, fields: fields, backupTag: backupTag, body: .change(body))
  }
}

extension AdminOperation {
  /// An operation that changes what was accepted of servers.
  static func pins(
    _ name: String, _ summary: String, _ route: Route, _ fields: [FieldUse], _ body: @escaping @Sendable (inout PinEdit) throws -> Answer
  ) -> AdminOperation {
    AdminOperation(name: name, summary: summary, permission: .administer, route: route, fields: fields, body: .pins(body))
  }
}

/// What an operation answers.
package struct Answer: Sendable {
  /// The original's JSON.
  package var data: JSONValue
  /// One sentence on what was done; empty where the data says all.
  package var message: String
  /// The members of `data` that the command prints as `name: value` lines, as the original does; empty: the data as a whole.
  package var lines: [String]
  /// The data as text that goes into a file, its layout kept.
  package var file: [UInt8]?
  /// The operation was done, and found something that is not in order.
  package var isBad = false
  /// What remains to be done once the change is in place.
  var finish: (@Sendable () throws -> Void)?

  init(_ data: JSONValue = .null, message: String = "", lines: [String] = [], file: [UInt8]? = nil, isBad: Bool = false) {
    self.data = data
    self.message = message
    self.lines = lines
    self.file = file
    self.isBad = isBad
  }
}

/// What an operation that looks works with.
package struct AdminCall: Sendable {
  let input: AdminInput
  /// The caller may only look at a project that is theirs to use.
  let isMember: Bool
  let store: DocumentStore
  let pinStore: PinStore
  let auditLogs: [AuditLog]
  let keyUseFile: KeyUseFile
  let reading: DocumentReading
  let executablePath: String
  /// The gateway that serves, where this is done in it.
  let gateway: RunningGateway?

  // An answer about any of these has no revision of the configuration.

  /// What was accepted of servers.
  var pins: PinStore {
    reading.goesBeyond()
    return pinStore
  }

  /// Of changes, and of what was denied.
  var audit: [AuditLog] {
    reading.goesBeyond()
    return auditLogs
  }

  var keyUses: KeyUseFile {
    reading.goesBeyond()
    return keyUseFile
  }

  /// The document; the same one, however often it is asked for.
  func document() throws -> ConfigDocument { try reading.document(of: store) }
}

/// The version of the document that an operation looked at.
final class DocumentReading: Sendable {
  private struct State {
    var document: ConfigDocument?
    var isAll = true
  }
  private let state = Mutex(State())

  func document(of store: DocumentStore) throws -> ConfigDocument {
    try state.withLock { state in
      if let document = state.document { return document }
      let document = try store.read()
      state.document = document
      return document
    }
  }

  /// Something else than the document was looked at too.
  func goesBeyond() { state.withLock { $0.isAll = false } }

  /// Of the document, if that is all that was looked at.
  var revision: String? { state.withLock { $0.isAll ? $0.document?.revision : nil } }
}

/// What an operation that changes works with.
package struct AdminEdit {
  let input: AdminInput
  /// As it was before.
  let document: ConfigDocument
  /// As it will be.
  var json: EditableJSON
  let executablePath: String
  /// See ``WallClock/documentTime()``.
  let now: String

  func entry(_ section: ConfigDocument.Section, _ field: Field<String>) throws -> ConfigDocument.Entry {
    try document.entry(section, input.require(field))
  }

  /// Refuses a name that another entry of the section has.
  func expectFree(_ section: ConfigDocument.Section, _ name: String, besides id: String? = nil) throws {
    guard let other = document.entries(section).first(where: { $0.name == name && $0.id != id }) else { return }
    throw GatewayError(.configurationInvalid, "There is a \(section.noun) '\(Fields.shown(name))' already, with the id \(other.id).")
  }

  mutating func touch(_ entry: ConfigDocument.Entry) { json.set(.string(now), at: entry.path + ["updated_at"]) }
}
