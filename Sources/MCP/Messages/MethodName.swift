/// The methods of MCP that the gateway names itself.
package enum MethodName {
  package static let initialize = "initialize"
  package static let initialized = "notifications/initialized"
  package static let discover = "server/discover"
  package static let ping = "ping"
  package static let toolsList = "tools/list"
  package static let toolsCall = "tools/call"
  package static let promptsList = "prompts/list"
  package static let promptsGet = "prompts/get"
  package static let resourcesList = "resources/list"
  package static let resourceTemplatesList = "resources/templates/list"
  package static let resourcesRead = "resources/read"
  package static let complete = "completion/complete"
  package static let setLoggingLevel = "logging/setLevel"
  package static let message = "notifications/message"
  package static let cancelled = "notifications/cancelled"
  package static let progress = "notifications/progress"
}
