internal import CLinux
internal import CPluginCheck
internal import Glibc

/// A record that parent and child share: which function of the plugin was entered last, and, after a crash, what kind of access it was.
struct BlackBox: @unchecked Sendable {
  // Shared memory, never unmapped in a child; in the parent until `close`.
  private let box: UnsafeMutablePointer<smg_black_box>

  private init(_ box: UnsafeMutablePointer<smg_black_box>) { self.box = box }

  /// A new one with its descriptor, for a child.
  static func make() throws(PluginChild.NotStarted) -> (box: BlackBox, descriptor: Int32) {
    let bytes = [UInt8](repeating: 0, count: MemoryLayout<smg_black_box>.size)
    let descriptor = try HandedFile.make(bytes, name: "smg:record")
    guard let box = map(descriptor) else {
      let reason = errno
      Glibc.close(descriptor)
      throw PluginChild.NotStarted(number: reason)
    }
    return (box, descriptor)
  }

  /// One that was handed over; nil when it is none.
  static func map(_ descriptor: Int32) -> BlackBox? { smg_black_box_map(descriptor).map { BlackBox($0) } }

  func close() { munmap(box, MemoryLayout<smg_black_box>.size) }

  /// From now on a crash of this process is described in it.
  func watch() { smg_black_box_watch(box) }

  func enter(_ stage: String) { smg_black_box_stage(box, stage) }

  var number: UInt64 {
    get { box.pointee.number }
    nonmutating set { box.pointee.number = newValue }
  }

  var stage: String {
    withUnsafeBytes(of: box.pointee.stage) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// What a crash was about when it touched lent memory: the rule, and a clause for the report.
  var fault: CheckReason? {
    switch Int(box.pointee.fault) {
    case SMG_FAULT_RETIRED:
      CheckReason(rule: "borrowing", text: "used memory that it had borrowed after the function that it was lent to had returned")
    case SMG_FAULT_BEYOND:
      CheckReason(rule: "borrowing", text: "read beyond the end of what it had borrowed: texts have a length and no NUL at their end")
    case SMG_FAULT_WRITTEN: CheckReason(rule: "borrowing", text: "wrote into memory that it had only borrowed")
    default: nil
    }
  }
}
