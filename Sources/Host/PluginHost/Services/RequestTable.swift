internal import PluginABI

/// The open requests of one instance, apart from what carries them. Pure: whoever takes a request out decides its outcome.
struct RequestTable {
  /// Who gets a request's outcome.
  enum Receiver {
    /// `start`: runs on a service thread.
    case callback(PluginRequests.Callback)
    /// `fetch`: a thread that waits.
    case waiter(Monitor<PluginRequests.Settled?>)
  }

  struct Entry {
    let receiver: Receiver
    /// The call that it serves; 0 = none.
    let call: smg_call
    /// Bytes of its body and of what has arrived of its answer.
    var heldBytes: Int
    /// nil for a moment, until it has been started.
    var task: Task<Void, Never>?
  }

  private enum Phase { case notYet, open, stopped }
  private var phase = Phase.notYet
  private var pending: [UInt64: Entry] = [:]
  private var nextID: UInt64 = 1
  private var heldBytes = 0
  private var reported: Set<String> = []
  /// Callbacks that have not returned yet.
  private(set) var owed = 0

  /// Requests without an outcome.
  var count: Int { pending.count }

  /// `create` has succeeded.
  mutating func begin() { if phase == .notYet { phase = .open } }

  /// No request is admitted any more.
  /// - Returns: those that are open.
  mutating func stop() -> [UInt64] {
    phase = .stopped
    return Array(pending.keys)
  }

  /// Whether a request with a body of so many bytes may be added now.
  func admit(bytes: Int = 0) throws(PluginRequests.Refusal) {
    switch phase {
    case .notYet: throw PluginRequests.Refusal(status: SMG_E_UNAVAILABLE)
    case .stopped: throw PluginRequests.Refusal(status: SMG_E_CANCELLED)
    case .open: break
    }
    guard owed < Limits.Plugin.maxRequestsPerInstance, heldBytes + bytes <= Limits.Plugin.maxHeldRequestBytes else {
      throw PluginRequests.Refusal(status: SMG_E_UNAVAILABLE)
    }
  }

  /// Adds a request: from here on its callback is owed.
  mutating func add(_ receiver: Receiver, call: smg_call, bytes: Int) throws(PluginRequests.Refusal) -> UInt64 {
    try admit(bytes: bytes)
    let id = nextID
    nextID += 1
    pending[id] = Entry(receiver: receiver, call: call, heldBytes: bytes)
    heldBytes += bytes
    owed += 1
    return id
  }

  /// - Returns: false when its outcome is decided already.
  mutating func setTask(_ task: Task<Void, Never>, of id: UInt64) -> Bool {
    pending[id]?.task = task
    return pending[id] != nil
  }

  /// Counts bytes that have arrived; false when that is too much, or nobody waits for the request any more.
  mutating func hold(_ bytes: Int, for id: UInt64) -> Bool {
    guard pending[id] != nil, heldBytes + bytes <= Limits.Plugin.maxHeldRequestBytes else { return false }
    pending[id]?.heldBytes += bytes
    heldBytes += bytes
    return true
  }

  mutating func take(_ id: UInt64) -> Entry? { pending.removeValue(forKey: id) }

  func serving(_ call: smg_call) -> [UInt64] { pending.isEmpty ? [] : pending.filter { $0.value.call == call }.map(\.key) }

  /// A callback has returned, or is not owed after all.
  /// - Returns: how many still are.
  mutating func delivered(heldBytes bytes: Int) -> Int {
    owed -= 1
    heldBytes -= bytes
    return owed
  }

  /// Whether the log has yet to tell how to allow this place.
  mutating func isNews(_ place: String) -> Bool {
    reported.count < Limits.Plugin.maxReportedPlaces && reported.insert(place).inserted
  }
}
