/// An array that never changes, read through a pointer without bounds checks: for inner loops whose indices are right by construction.
package final class FrozenArray<Element: BitwiseCopyable & Sendable>: Sendable {
  package nonisolated(unsafe) let start: UnsafePointer<Element>
  package let count: Int

  package init(_ elements: [Element]) {
    let place = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    place.initialize(from: elements, count: elements.count)
    start = UnsafePointer(place)
    count = elements.count
  }

  deinit { start.deallocate() }

  /// - Precondition: `index` is below `count`; checked in debug builds.
  @inlinable
  package subscript(index: Int) -> Element {
    assert(index >= 0 && index < count)
    return start[index]
  }
}
