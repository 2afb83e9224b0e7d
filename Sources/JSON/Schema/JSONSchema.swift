/// A compiled JSON Schema, draft 2020-12.
///
/// All keywords of the applicator, unevaluated and validation vocabularies; `format` and the `content…` keywords say nothing about validity, unknown keywords are
/// ignored, and an array for `items` is read as drafts before 2020-12 did. References stay inside the document: nothing is ever fetched. Patterns are matched in
/// linear time and may not use lookaround or back-references.
package struct JSONSchema: Sendable {
  let subschemas: [Subschema]
  let root: Int
  /// By resource: its dynamic anchors.
  let dynamicAnchors: [[ExactString: Int]]
  /// Whether any keyword asks what others have looked at.
  let tracksEvaluation: Bool

  /// A larger schema is refused.
  package static let largestBytes = 4 << 20
  /// Subschemas inside each other that one validation may be in; they fit the smallest thread stack in use, see `JSONLimits.deepest`.
  package static let deepestEvaluation = 400
  /// Elementary steps that one validation may take, some tens of nanoseconds each.
  package static let maxSteps = 20_000_000
  /// Violations after which a validation ends.
  package static let maxViolations = 64

  /// - Throws: what is wrong with the schema, or what we do not support of it, and where.
  package init(_ schema: RawJSON) throws(JSONSchemaError) {
    self = try SchemaCompiler.compile(schema)
  }

  init(subschemas: [Subschema], root: Int, dynamicAnchors: [[ExactString: Int]], tracksEvaluation: Bool) {
    self.subschemas = subschemas
    self.root = root
    self.dynamicAnchors = dynamicAnchors
    self.tracksEvaluation = tracksEvaluation
  }

  /// Everything wrong with the instance, or the first `maxViolations` of it; empty when it is valid. A schema that asks for too much work ends with a violation of
  /// the keyword `JSONSchemaViolation.limit`.
  package func validate(_ instance: RawJSON, maxSteps: Int = JSONSchema.maxSteps) -> [JSONSchemaViolation] {
    var evaluation = SchemaEvaluation(schema: self, maxSteps: maxSteps)
    return evaluation.run(instance)
  }
}

/// One thing wrong with an instance. Says kinds, counts and what the schema asked for, never the instance's text, which may be secret; the pointer has member names.
package struct JSONSchemaViolation: Sendable, Hashable, CustomStringConvertible {
  /// RFC 6901, from the root of the instance.
  package let pointer: String
  /// The schema keyword that is not met; for a schema that is `false`, "false".
  package let keyword: String
  package let message: String

  /// Stands for a keyword when validation was given up.
  package static let limit = "limit"

  package var description: String { "\(pointer.isEmpty ? "value" : pointer): \(message)" }
}

/// Why a schema was refused.
package struct JSONSchemaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// RFC 6901, from the root of the schema.
  package let pointer: String
  package let message: String

  package var description: String { "schema at \(pointer.isEmpty ? "its root" : pointer): \(message)" }
}
