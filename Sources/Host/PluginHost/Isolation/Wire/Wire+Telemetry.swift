internal import PluginABI

// What telemetry providers get: fields in the order of the header.

extension WireCoder {
  mutating func records(_ pointer: inout UnsafePointer<smg_record>?, _ count: inout Int) throws(WireError) {
    try array(&pointer, &count, empty: smg_record()) { (coder, record) throws(WireError) in try coder.record(&record) }
  }

  mutating func record(_ value: inout smg_record) throws(WireError) {
    size(&value.size, of: smg_record.self)
    try number(&value.kind)
    try number(&value.severity)
    try number(&value.span_kind)
    try number(&value.span_status)
    try number(&value.trace_flags)
    try number(&value.trace_id)
    try number(&value.span_id)
    try number(&value.parent_span_id)
    try number(&value.time_unix_ns)
    try number(&value.end_unix_ns)
    try bytes(&value.name)
    try bytes(&value.body)
    try bytes(&value.scope)
    try bytes(&value.scope_version)
    try bytes(&value.trace_state)
    try number(&value.dropped_attrs)
    try number(&value.dropped_links)
    try number(&value.dropped_events)
    try attributes(&value.attrs, &value.attr_count)
    try array(&value.links, &value.link_count, empty: smg_link()) { (coder, link) throws(WireError) in try coder.link(&link) }
    try array(&value.events, &value.event_count, empty: smg_event()) { (coder, event) throws(WireError) in try coder.event(&event) }
  }

  private mutating func attributes(_ pointer: inout UnsafePointer<smg_attr>?, _ count: inout Int) throws(WireError) {
    try array(&pointer, &count, empty: smg_attr()) { (coder, attribute) throws(WireError) in
      try coder.bytes(&attribute.key)
      try coder.number(&attribute.type)
      try coder.bytes(&attribute.str)
      try coder.number(&attribute.i64)
      try coder.number(&attribute.f64)
    }
  }

  private mutating func link(_ value: inout smg_link) throws(WireError) {
    try number(&value.trace_id)
    try number(&value.span_id)
    try bytes(&value.trace_state)
    try number(&value.trace_flags)
    try number(&value.dropped_attrs)
    try attributes(&value.attrs, &value.attr_count)
  }

  private mutating func event(_ value: inout smg_event) throws(WireError) {
    try number(&value.time_unix_ns)
    try bytes(&value.name)
    try number(&value.dropped_attrs)
    try attributes(&value.attrs, &value.attr_count)
  }

  mutating func snapshot(_ value: inout smg_snapshot) throws(WireError) {
    size(&value.size, of: smg_snapshot.self)
    try number(&value.start_unix_ns)
    try number(&value.time_unix_ns)
    try array(&value.metrics, &value.metric_count, empty: smg_metric()) { (coder, metric) throws(WireError) in try coder.metric(&metric) }
  }

  private mutating func metric(_ value: inout smg_metric) throws(WireError) {
    try number(&value.kind)
    try bytes(&value.name)
    try bytes(&value.unit)
    try bytes(&value.help)
    try numbers(&value.bounds, &value.bound_count, empty: 0)
    try array(&value.points, &value.point_count, empty: smg_point()) { (coder, point) throws(WireError) in try coder.point(&point) }
  }

  private mutating func point(_ value: inout smg_point) throws(WireError) {
    try attributes(&value.attrs, &value.attr_count)
    try number(&value.value)
    try number(&value.count)
    try numbers(&value.bucket_counts, &value.bucket_count, empty: 0)
    try number(&value.min)
    try number(&value.max)
  }
}
