internal import PluginABI

// What passes between the plugin and the host's services: fields in the order of the header.

extension WireCoder {
  mutating func httpRequest(_ value: inout smg_http_request) throws(WireError) {
    size(&value.size, of: smg_http_request.self)
    try number(&value.flags)
    try bytes(&value.method)
    try bytes(&value.url)
    try bytes(&value.body)
    try pairs(&value.headers)
    try number(&value.call)
    try bytes(&value.tls_profile)
    try number(&value.deadline_ns)
    try number(&value.max_response_bytes)
  }

  mutating func httpResponse(_ value: inout smg_http_response) throws(WireError) {
    size(&value.size, of: smg_http_response.self)
    try number(&value.status)
    try number(&value.code)
    try bytes(&value.message)
    try pairs(&value.headers)
    try pairs(&value.trailers)
    try bytes(&value.body)
  }

  mutating func keyRecord(_ value: inout smg_key_record) throws(WireError) {
    size(&value.size, of: smg_key_record.self)
    try number(&value.flags)
    try bytes(&value.key_id)
    try bytes(&value.project_id)
    try bytes(&value.user_id)
    try bytes(&value.config_id)
    try bytes(&value.role)
    try number(&value.revision)
  }
}
