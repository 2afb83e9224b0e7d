internal import PluginABI
internal import Synchronization

/// Makes an instance from a configuration; what it throws refuses the configuration.
typealias InstanceFactory = @Sendable (PluginConfig, PluginServices) throws -> Instance

/// C calls `create` without saying which provider it means, and a C function pointer captures nothing. So each type takes one of a fixed
/// number of C functions, and the function's number finds the type.
enum CreateSlots {
  typealias Function =
    @convention(c) (
      UnsafePointer<smg_host>, smg_bytes, smg_sink, UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) -> smg_status

  private static let factories = Mutex<[InstanceFactory]>([])

  static func claim(_ factory: @escaping InstanceFactory) -> Function {
    let slot = factories.withLock { factories in
      factories.append(factory)
      return factories.count - 1
    }
    precondition(slot < functions.count, "one library offers at most \(functions.count) provider types")
    return functions[slot]
  }

  private static func create(
    _ slot: Int, _ host: UnsafePointer<smg_host>, _ config: smg_bytes, _ sink: smg_sink,
    _ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) -> smg_status {
    do {
      guard let services = PluginServices(host) else {
        throw PluginError(.unsupported, "the host's table is smaller than this ABI minor's")
      }
      let json = Array(UnsafeBufferPointer(start: config.ptr, count: config.ptr == nil ? 0 : max(0, config.len)))
      let factory = factories.withLock { $0[slot] }
      place.pointee = try factory(PluginConfig(json: json), services).retainedPointer
      return SMG_OK
    } catch {
      let error = PluginError(error, otherwise: .invalid)
      var text = error.message
      text.withUTF8 { sink.write(sink.ctx, smg_bytes(ptr: $0.baseAddress, len: $0.count)) }
      return error.status.rawValue
    }
  }

  private static let functions: [Function] = [
    { create(0, $0, $1, $2, $3) },
    { create(1, $0, $1, $2, $3) },
    { create(2, $0, $1, $2, $3) },
    { create(3, $0, $1, $2, $3) },
    { create(4, $0, $1, $2, $3) },
    { create(5, $0, $1, $2, $3) },
    { create(6, $0, $1, $2, $3) },
    { create(7, $0, $1, $2, $3) },
    { create(8, $0, $1, $2, $3) },
    { create(9, $0, $1, $2, $3) },
    { create(10, $0, $1, $2, $3) },
    { create(11, $0, $1, $2, $3) },
    { create(12, $0, $1, $2, $3) },
    { create(13, $0, $1, $2, $3) },
    { create(14, $0, $1, $2, $3) },
    { create(15, $0, $1, $2, $3) },
    { create(16, $0, $1, $2, $3) },
    { create(17, $0, $1, $2, $3) },
    { create(18, $0, $1, $2, $3) },
    { create(19, $0, $1, $2, $3) },
    { create(20, $0, $1, $2, $3) },
    { create(21, $0, $1, $2, $3) },
    { create(22, $0, $1, $2, $3) },
    { create(23, $0, $1, $2, $3) },
    { create(24, $0, $1, $2, $3) },
    { create(25, $0, $1, $2, $3) },
    { create(26, $0, $1, $2, $3) },
    { create(27, $0, $1, $2, $3) },
    { create(28, $0, $1, $2, $3) },
    { create(29, $0, $1, $2, $3) },
    { create(30, $0, $1, $2, $3) },
    { create(31, $0, $1, $2, $3) },
  ]
}
