/// The version of this build (semantic versioning).
package enum Version {
  package static let current = "0.1.0"
}
