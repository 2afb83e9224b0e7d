internal import PluginABI

/// One type that a plugin offers, under one name or several.
public struct Provider: Sendable {
  private let kind: UInt32
  private let interfaceID: String
  private let names: [String]
  private let schema: String
  private let flags: ProviderFlags
  private let makeVTable: @Sendable () -> UnsafeRawPointer
  private let makeInstance: InstanceFactory

  private init<Type: PluginProvider>(
    _ type: Type.Type, _ kind: UInt32, _ interfaceID: String, _ names: [String]?, vtable: @escaping @Sendable () -> UnsafeRawPointer,
    operations: @escaping @Sendable (Type) -> Instance.Operations
  ) {
    self.kind = kind
    self.interfaceID = interfaceID
    self.names = names ?? [Type.name]
    schema = Type.configSchema
    flags = Type.flags
    makeVTable = vtable
    makeInstance = { config, services in
      let provider = try Type(config: config, host: services)
      return Instance(provider, services, operations(provider))
    }
  }

  /// - Parameter names: The names that the configuration may select it by; the type's own when nil.
  public init<Type: GuardrailProvider>(_ type: Type.Type, names: [String]? = nil) {
    self.init(type, SMG_KIND_GUARDRAIL, SMG_IF_GUARDRAIL, names) {
      VTables.guardrail(Type.phases, Type.options, isCancellable: false)
    } operations: { provider in
      .guardrail { _, call, _, request in
        do { try provider.check(request).complete(call) } catch { call.fail(error) }
      }
    }
  }

  public init<Type: AsyncGuardrailProvider>(_ type: Type.Type, names: [String]? = nil) {
    self.init(type, SMG_KIND_GUARDRAIL, SMG_IF_GUARDRAIL, names) {
      VTables.guardrail(Type.phases, Type.options, isCancellable: true)
    } operations: { provider in
      .guardrail { instance, call, id, request in
        let request = request.copy
        instance.run(call, id) { held in
          do {
            let verdict = try await provider.check(request)
            if let call = held.take() { verdict.complete(call) }
          } catch {
            held.take()?.fail(error)
          }
        }
      }
    }
  }

  public init<Type: AuthProvider>(_ type: Type.Type, names: [String]? = nil) {
    self.init(type, SMG_KIND_AUTH, SMG_IF_AUTH, names) {
      VTables.auth(isCancellable: false, fetchesConfigs: Type.self is any ConfigSource.Type)
    } operations: { provider in
      .auth(
        { _, call, _, request in
          do { try provider.authenticate(request).complete(call) } catch { call.fail(error) }
        }, provider as? any ConfigSource)
    }
  }

  public init<Type: AsyncAuthProvider>(_ type: Type.Type, names: [String]? = nil) {
    self.init(type, SMG_KIND_AUTH, SMG_IF_AUTH, names) {
      VTables.auth(isCancellable: true, fetchesConfigs: Type.self is any ConfigSource.Type)
    } operations: { provider in
      .auth(
        { instance, call, id, request in
          do {
            if let decision = try provider.decide(request) { return decision.complete(call) }
          } catch {
            return call.fail(error)
          }
          let request = request.copy
          instance.run(call, id) { held in
            do {
              let decision = try await provider.authenticate(request)
              if let call = held.take() { decision.complete(call) }
            } catch {
              held.take()?.fail(error)
            }
          }
        }, provider as? any ConfigSource)
    }
  }

  public init<Type: TelemetryProvider>(_ type: Type.Type, names: [String]? = nil) {
    self.init(type, SMG_KIND_TELEMETRY, SMG_IF_TELEMETRY, names) {
      VTables.telemetry(Type.kinds)
    } operations: { provider in
      .telemetry(provider)
    }
  }

  /// One table for each name; they share the type's functions.
  func makeTables() -> [UnsafePointer<smg_provider>] {
    let create = CreateSlots.claim(makeInstance)
    let (interfaceID, schema, vtable) = (Immortal.cString(interfaceID), Immortal.bytes(schema), makeVTable())
    return names.map { name in
      Immortal.allocate(
        smg_provider(
          size: UInt32(MemoryLayout<smg_provider>.size), kind: kind, flags: flags.rawValue, reserved: 0, name: Immortal.cString(name),
          interface_id: interfaceID, config_schema: schema, create: create,
          health: { instance, call, _ in Instance.at(instance).health(call) },
          stop: { instance, deadline in Instance.at(instance).stop(before: MonotonicTime(deadline: deadline)) },
          destroy: { instance in Instance.release(instance) }, vtable: vtable))
    }
  }
}
