internal import PluginABI

/// Memory that is written once and lives until the process ends: the tables that a plugin publishes.
enum Immortal {
  static func allocate<Table>(_ table: Table) -> UnsafePointer<Table> {
    let place = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    place.initialize(to: table)
    return UnsafePointer(place)
  }

  /// A NUL-terminated copy of a static identifier.
  static func cString(_ text: String) -> UnsafePointer<CChar> {
    precondition(!text.utf8.contains(0), "an identifier holds no NUL")
    let bytes = Array(text.utf8)
    let place = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { (place + index).initialize(to: CChar(bitPattern: byte)) }
    (place + bytes.count).initialize(to: 0)
    return UnsafePointer(place)
  }

  static func bytes(_ text: String) -> smg_bytes {
    let bytes = Array(text.utf8)
    let place = UnsafeMutablePointer<UInt8>.allocate(capacity: max(bytes.count, 1))
    place.initialize(from: bytes, count: bytes.count)
    return smg_bytes(ptr: UnsafePointer(place), len: bytes.count)
  }
}
