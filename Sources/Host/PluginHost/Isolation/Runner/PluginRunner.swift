internal import CLinux
internal import Glibc
internal import PluginABI

/// The process of one isolated binding: `<binary> __plugin-run`. It confines itself, loads the library of descriptor 4, creates the instance that the first
/// message on descriptor 3 asks for, and carries calls and services over that descriptor until the gateway's end is closed.
package enum PluginRunner {
  /// The hidden verb. Whoever owns `main` hands over to `run`.
  package static let verb = "__plugin-run"

  enum Descriptor {
    static let socket: Int32 = 3
    static let image: Int32 = 4
  }

  /// - Returns: an exit status, only when it was not the gateway who started this; otherwise the process ends here, without the library's destructors.
  package static func run() -> Int32 {
    let socket = FrameSocket(descriptor: Descriptor.socket)
    var receiver = FrameReceiver(socket, side: .process)
    do throws(WireError) {
      guard case .frame(let first) = try receiver.receive(), first.kind == .begin else { return 64 }
      let instance = try start(try RunnerOrder(first.payload), socket)
      while case .frame(let frame) = try receiver.receive() { try instance.receive(frame) }
      // The gateway has gone.
      _exit(0)
    } catch {
      HandedFile.report("\(error)")
      _exit(70)
    }
  }

  private static func start(_ order: RunnerOrder, _ socket: FrameSocket) throws(WireError) -> RunnerInstance {
    do throws(PluginTables.Problem) {
      // Before the library's first instruction, while there is one thread.
      try Sandbox.enter(order.sandbox, image: Descriptor.image)
      let tables = try LoadedLibrary.open("/proc/self/fd/\(Descriptor.image)")
      guard let provider = tables.providers.first(where: { $0.kind == order.kind && $0.name == order.provider }) else {
        throw PluginTables.broken("it no longer offers \(order.kind.rawValue) \"\(order.provider)\"")
      }
      let instance = try RunnerInstance(provider, order, socket)
      instance.create(order.config)
      return instance
    } catch {
      refuse(error.reason, socket)
    }
  }

  private static func refuse(_ reason: String, _ socket: FrameSocket) -> Never {
    var writer = WireWriter()
    writer.put(SMG_E_UNAVAILABLE)
    writer.put(reason)
    _ = socket.sendInPieces(.created, 0, writer.bytes)
    _exit(70)
  }
}

extension HandedFile {
  /// A line on standard error, which the gateway reads.
  fileprivate static func report(_ text: String) { _ = write(Array((text + "\n").utf8), to: 2) }
}
