/// Languages that `plugin new` knows.
package enum PluginLanguage: String, Sendable, CaseIterable {
  case c, cpp, rust, swift
}
