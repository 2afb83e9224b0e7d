internal import CLinux
internal import Glibc

/// The sockets that libcurl waits for, in an epoll set, so that streams without traffic cost nothing, however many they are.
final class Poller {
  /// For `Mailbox.Waker`; open as long as the poller lives.
  let wakingDescriptor: Int32
  private let epoll: Int32
  private let ready: UnsafeMutableBufferPointer<smg_ready>

  /// Nil if the system has no descriptors left.
  init?() {
    let (epoll, waking) = (smg_epoll(), smg_eventfd())
    guard epoll >= 0, waking >= 0, smg_epoll_watch(epoll, waking, UInt32(SMG_READABLE)) == 0 else {
      if epoll >= 0 { close(epoll) }
      if waking >= 0 { close(waking) }
      return nil
    }
    (self.epoll, wakingDescriptor) = (epoll, waking)
    ready = .allocate(capacity: 64)
    ready.initialize(repeating: smg_ready())
  }

  deinit {
    close(epoll)
    close(wakingDescriptor)
    ready.deallocate()
  }

  /// Replaces what `descriptor` is watched for; nothing ends it. False if the system refuses.
  func watch(_ descriptor: Int32, reading: Bool, writing: Bool) -> Bool {
    smg_epoll_watch(epoll, descriptor, (reading ? UInt32(SMG_READABLE) : 0) | (writing ? UInt32(SMG_WRITABLE) : 0)) == 0
  }

  struct Readiness {
    let descriptor: Int32
    let isReadable: Bool
    let isWritable: Bool
    let isBroken: Bool
  }

  /// Calls `body` for each socket that is ready, as soon as one is, the time is over or the waker has been used.
  func wait(milliseconds: Int32, _ body: (Readiness) -> Void) {
    let count = smg_epoll_wait(epoll, ready.baseAddress, Int32(ready.count), milliseconds)
    for entry in ready.prefix(Int(max(0, count))) {
      if entry.fd == wakingDescriptor {
        var count: UInt64 = 0
        // Nothing to read means that another wake-up has been consumed already.
        _ = read(wakingDescriptor, &count, MemoryLayout<UInt64>.size)
      } else {
        body(
          Readiness(
            descriptor: entry.fd, isReadable: entry.bits & UInt32(SMG_READABLE) != 0, isWritable: entry.bits & UInt32(SMG_WRITABLE) != 0,
            isBroken: entry.bits & UInt32(SMG_BROKEN) != 0))
      }
    }
  }
}
