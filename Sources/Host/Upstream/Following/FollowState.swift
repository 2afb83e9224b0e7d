internal import MCP

/// Which resources are followed in which conversations with servers, and for whom. A resource is followed once in a conversation, however many want it, until
/// the last leaves. A value without I/O: one worker for each conversation asks what to do, does it, and reports back.
struct FollowState<Follower: Sendable, Waiter: Sendable>: Sendable {
  /// One wish: for one resource, in one conversation.
  struct Wish: Sendable, Hashable {
    let key: UpstreamKey
    let uri: String
    let number: Int
  }

  enum Admission: Sendable {
    /// The server tells of it already.
    case followed
    /// Whoever waits is told.
    case waits
    /// The same, and the caller is to start the worker.
    case starts
  }

  enum Work: Sendable, Equatable {
    case follow([String])
    case unfollow([String])
    /// There is nothing to do until something changes.
    case rest
    /// Nothing is wanted any more; the next wish starts a new worker.
    case end
  }

  private struct Resource {
    var followers: [Int: Follower] = [:]
    var waiters: [Int: Waiter] = [:]
    var isFollowed = false
    /// The server refused to follow it in this conversation although it had done so before.
    var isRefused = false
  }

  private var resources: [UpstreamKey: [String: Resource]] = [:]
  private var lastNumber = 0

  // MARK: Wishes

  mutating func newNumber() -> Int {
    lastNumber += 1
    return lastNumber
  }

  /// - Parameter waiter: told what becomes of the wish; nil: the wish is kept whatever becomes of it.
  mutating func add(_ wish: Wish, _ follower: Follower, waiter: Waiter?) -> Admission {
    let isNew = resources[wish.key] == nil
    var resource = resources[wish.key]?[wish.uri] ?? Resource()
    defer { resources[wish.key, default: [:]][wish.uri] = resource }
    resource.followers[wish.number] = follower
    // Somebody asks for it again, so the server is asked again, too.
    resource.isRefused = false
    if resource.isFollowed { return .followed }
    resource.waiters[wish.number] = waiter
    return isNew ? .starts : .waits
  }

  func isWaiting(_ wish: Wish) -> Bool { resources[wish.key]?[wish.uri]?.waiters[wish.number] != nil }

  /// - Returns: who waits for it still.
  mutating func remove(_ wish: Wish) -> Waiter? {
    resources[wish.key]?[wish.uri]?.followers[wish.number] = nil
    return resources[wish.key]?[wish.uri]?.waiters.removeValue(forKey: wish.number)
  }

  func followers(_ key: UpstreamKey, of updated: String) -> [Follower] {
    guard let all = resources[key] else { return [] }
    return all.filter { Self.covers($0.key, updated) }.flatMap { $0.value.followers.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// What is updated may lie inside of what is followed (MCP resources, "Subscriptions").
  static func covers(_ followed: String, _ updated: String) -> Bool {
    guard updated.utf8.starts(with: followed.utf8) else { return false }
    guard let next = updated.utf8.dropFirst(followed.utf8.count).first else { return true }
    let borders = [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")]
    return borders.contains(next) || followed.utf8.last.map { borders.contains($0) } ?? false
  }

  // MARK: The worker

  mutating func next(_ key: UpstreamKey) -> Work {
    guard let all = resources[key] else { return .end }
    let unwanted = all.filter { $0.value.followers.isEmpty }
    for uri in unwanted.keys { resources[key]?[uri] = nil }
    let followed = unwanted.filter { $0.value.isFollowed }.keys.sorted()
    if !followed.isEmpty { return .unfollow(followed) }
    guard resources[key]?.isEmpty == false else {
      resources[key] = nil
      return .end
    }
    let missing = all.filter { !$0.value.followers.isEmpty && !$0.value.isFollowed && !$0.value.isRefused }.keys.sorted()
    return missing.isEmpty ? .rest : .follow(missing)
  }

  /// The server tells of it from now on.
  /// - Returns: who waited for that; and who did not, and may have missed something.
  mutating func didFollow(_ key: UpstreamKey, _ uri: String) -> (waiters: [Waiter], others: [Follower])? {
    guard var resource = resources[key]?[uri] else { return nil }
    let waiters = Array(resource.waiters.values)
    let others = resource.followers.filter { resource.waiters[$0.key] == nil }.sorted { $0.key < $1.key }.map(\.value)
    resource.isFollowed = true
    resource.waiters = [:]
    resources[key]?[uri] = resource
    return (waiters, others)
  }

  /// The server does not. Whoever waited has no wish any more; the others stay, for the next conversation.
  mutating func didRefuse(_ key: UpstreamKey, _ uri: String) -> [Waiter] {
    resources[key]?[uri]?.isRefused = true
    return dropWaiting(key, uri)
  }

  /// There is no conversation to be had now. Whoever waited has no wish any more.
  mutating func didFail(_ key: UpstreamKey) -> [Waiter] { (resources[key] ?? [:]).keys.flatMap { dropWaiting(key, $0) } }

  /// The conversation is over: everything is to be followed in the next one.
  mutating func didEnd(_ key: UpstreamKey) {
    for uri in (resources[key] ?? [:]).keys {
      resources[key]?[uri]?.isFollowed = false
      resources[key]?[uri]?.isRefused = false
    }
  }

  private mutating func dropWaiting(_ key: UpstreamKey, _ uri: String) -> [Waiter] {
    guard var resource = resources[key]?[uri] else { return [] }
    for number in resource.waiters.keys { resource.followers[number] = nil }
    defer { resources[key]?[uri] = resource }
    defer { resource.waiters = [:] }
    return Array(resource.waiters.values)
  }
}
