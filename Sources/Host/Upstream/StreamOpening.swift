internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Makes channels of the descriptors shared with a child, all on one event loop. Whatever happens, each descriptor is closed once.
struct StreamOpening: Sendable {
  struct Streams: Sendable {
    var control: any Channel
    var standardIO: any Channel
    var standardError: any Channel

    func close() {
      for channel in [standardIO, standardError, control] { channel.close(promise: nil) }
    }
  }

  private let spawned: SpawnedProcess
  private let eventLoop: any EventLoop
  private let handlers: ChildProcess.Handlers
  private let configureControl: @Sendable (any Channel) throws -> Void

  init(
    spawned: SpawnedProcess, eventLoop: any EventLoop, handlers: ChildProcess.Handlers,
    configureControl: @escaping @Sendable (any Channel) throws -> Void
  ) {
    self.spawned = spawned
    self.eventLoop = eventLoop
    self.handlers = handlers
    self.configureControl = configureControl
  }

  func open() async throws -> Streams {
    // NIO owns the descriptors of a channel once it exists; if making one fails, those it was to get are still ours.
    let control = try await owning([spawned.control, spawned.standardError, spawned.standardInput, spawned.standardOutput], []) {
      ClientBootstrap(group: eventLoop).channelInitializer(initializer(configureControl)).withConnectedSocket(spawned.control)
    }
    let standardError = try await owning([spawned.standardError, spawned.standardInput, spawned.standardOutput], [control]) {
      pipes(handlers.standardError).takingOwnershipOfDescriptor(input: spawned.standardError)
    }
    let standardIO = try await owning([spawned.standardInput, spawned.standardOutput], [control, standardError]) {
      pipes { try handlers.standardIO($0, spawned.standardInput) }.takingOwnershipOfDescriptors(
        input: spawned.standardOutput, output: spawned.standardInput)
    }
    return Streams(control: control, standardIO: standardIO, standardError: standardError)
  }

  private func owning(
    _ descriptors: [CInt], _ channels: [any Channel], _ make: () -> EventLoopFuture<any Channel>
  ) async throws -> any Channel {
    do {
      return try await make().get()
    } catch {
      for descriptor in descriptors { Glibc.close(descriptor) }
      for channel in channels { channel.close(promise: nil) }
      throw error
    }
  }

  private func pipes(_ configure: @escaping @Sendable (any Channel) throws -> Void) -> NIOPipeBootstrap {
    NIOPipeBootstrap(group: eventLoop).channelInitializer(initializer(configure))
  }

  private func initializer(_ configure: @escaping @Sendable (any Channel) throws -> Void)
    -> @Sendable (any Channel) -> EventLoopFuture<Void>
  {
    { channel in channel.eventLoop.makeCompletedFuture { try configure(channel) } }
  }
}
