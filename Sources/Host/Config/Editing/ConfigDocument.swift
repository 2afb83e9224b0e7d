package import JSON

/// The configuration document as it stands in its file: checked as JSON, not yet as a configuration, so that one with a mistake can be looked at and mended.
package struct ConfigDocument: Sendable {
  /// The file, links followed.
  package let path: String
  package let root: RawJSON
  package let bytes: [UInt8]
  /// SHA-256 of the bytes, lower-case hex: the entity tag of the document.
  package let revision: String
  let state: FileState

  /// A section whose members are entries by id.
  package enum Section: String, Sendable, CaseIterable {
    case configs = "mcp_configs"
    case projects
    case users

    /// What people call an entry.
    package var noun: String {
      switch self {
      case .configs: "config"
      case .projects: "project"
      case .users: "user"
      }
    }

    /// The member that people know an entry by.
    package var nameMember: String {
      switch self {
      case .configs: "mcp_config_name"
      case .projects: "project_name"
      case .users: "email"
      }
    }
  }

  /// An entry of a section.
  package struct Entry: Sendable {
    package var section: Section
    package var id: String
    package var value: RawJSON
    package var name: String { value[section.nameMember]?.stringValue ?? "" }
    /// As messages call it: its name, or its id when it has none.
    package var title: String { name.isEmpty ? id : name }
    package var path: [EditableJSON.Step] { [.member(section.rawValue), .member(id)] }
  }

  package func entries(_ section: Section) -> [Entry] {
    root[section.rawValue]?.members.compactMap { member in
      guard member.value.kind == .object, let id = member.key.stringValue, !Fields.isComment(id) else { return nil }
      return Entry(section: section, id: id, value: member.value)
    } ?? []
  }

  /// The entry of this id, or else of this name.
  package func entry(_ section: Section, _ wanted: String) throws(GatewayError) -> Entry {
    if let value = root[section.rawValue]?[wanted], value.kind == .object, !Fields.isComment(wanted) {
      return Entry(section: section, id: wanted, value: value)
    }
    let entries = entries(section)
    let named = entries.filter { $0.name == wanted }
    if let only = named.first, named.count == 1 { return only }
    guard named.isEmpty else { throw Self.ambiguous(section, wanted, named) }
    throw Self.unknown(section.noun, wanted, among: entries.map(\.title), listedBy: "\(section.noun) list")
  }

  private static func ambiguous(_ section: Section, _ wanted: String, _ named: [Entry]) -> GatewayError {
    GatewayError(
      .configurationInvalid, "\(named.count) \(section.noun)s are called '\(Fields.shown(wanted))'.",
      suggestions: ["Give the id of one: \(named.prefix(8).map(\.id).joined(separator: ", "))."])
  }

  /// Nothing of this name; with the nearest one that there is.
  package static func unknown(_ noun: String, _ wanted: String, among names: [String], listedBy command: String) -> GatewayError {
    let nearest = Suggestion.nearest(to: wanted, among: names)
    return GatewayError(
      .configurationMissing,
      "There is no \(noun) '\(Fields.shown(wanted))'" + (nearest.map { "; did you mean '\(Fields.shown($0))'?" } ?? "."),
      suggestions: nearest == nil ? ["`\(command)` shows those that there are."] : [])
  }
}
