import PluginABI
import PluginTesting

extension Memory {
  func attributes(_ attributes: [smg_attr]) -> UnsafePointer<smg_attr> { UnsafePointer(array(attributes)) }

  func attribute(_ key: String, _ type: UInt32, text: String = "", int: Int64 = 0, double: Double = 0) -> smg_attr {
    smg_attr(key: bytes(key), type: type, reserved: 0, str: bytes(text), i64: int, f64: double)
  }

  func log(_ body: String, severity: UInt32 = 9, scope: String = "gateway", attributes: [smg_attr] = []) -> smg_record {
    record(SMG_REC_LOG, name: "", body: body, severity: severity, scope: scope, attributes: attributes)
  }

  func span(_ name: String, status: UInt32 = 0, attributes: [smg_attr] = []) -> smg_record {
    var record = record(SMG_REC_SPAN, name: name, body: "", severity: 0, scope: "gateway", attributes: attributes)
    record.span_status = status
    record.end_unix_ns = record.time_unix_ns + 1_500_000
    record.trace_id = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255)
    record.span_id = (0, 0, 0, 0, 0, 0, 0, 1)
    record.parent_span_id = (255, 0, 0, 0, 0, 0, 0, 2)
    return record
  }

  private func record(
    _ kind: UInt32, name: String, body: String, severity: UInt32, scope: String, attributes: [smg_attr]
  ) -> smg_record {
    var record = smg_record()
    record.size = UInt32(MemoryLayout<smg_record>.size)
    record.kind = kind
    record.severity = severity
    record.time_unix_ns = 1_769_860_800_000_001_500
    record.name = bytes(name)
    record.body = bytes(body)
    record.scope = bytes(scope)
    record.attrs = self.attributes(attributes)
    record.attr_count = attributes.count
    return record
  }

  func metric(_ kind: UInt32, _ name: String, _ points: [smg_point], bounds: [Double] = []) -> smg_metric {
    smg_metric(
      kind: kind, flags: 0, name: bytes(name), unit: bytes("s"), help: smg_bytes(), bounds: UnsafePointer(array(bounds)),
      bound_count: bounds.count, points: UnsafePointer(array(points)), point_count: points.count)
  }

  func point(_ value: Double, buckets: [UInt64] = [], attributes: [smg_attr] = []) -> smg_point {
    smg_point(
      attrs: self.attributes(attributes), attr_count: attributes.count, value: value, count: buckets.reduce(0, +),
      bucket_counts: UnsafePointer(array(buckets)), bucket_count: buckets.count, min: .nan, max: .nan)
  }
}
