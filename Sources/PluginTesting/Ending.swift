internal import Glibc

/// Work on a thread of its own, started and left alone.
final class Ending: Sendable {
  private let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func start() {
    var thread = pthread_t()
    let held = Unmanaged.passRetained(self)
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Ending>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, held.toOpaque())
    guard result == 0 else { return held.release() }
    pthread_detach(thread)
  }
}
