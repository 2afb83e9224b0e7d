internal import PluginABI

/// One message to judge, lent for the time of one call.
public struct GuardrailRequest: ~Escapable {
  private let raw: smg_guard_request

  @_lifetime(borrow pointer)
  init(_ pointer: UnsafePointer<smg_guard_request>) { raw = pointer.pointee }

  /// False when the host's structures are smaller than this minor's; then nothing of them may be read.
  static func isReadable(_ pointer: UnsafePointer<smg_guard_request>) -> Bool {
    Int(pointer.pointee.size) >= MemoryLayout<smg_guard_request>.size && CallContext.isReadable(pointer.pointee.context)
  }

  /// Exactly one phase. One that the provider does not know asks for `.allow`.
  public var phase: GuardrailPhases { GuardrailPhases(rawValue: raw.phase) }
  public var context: CallContext { @_lifetime(copy self) get { CallContext(raw.context.pointee, of: self) } }
  /// "tools/call", "prompts/get", "resources/read", "sampling", "elicitation", "notification" or "registration".
  public var surface: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.surface, of: self) } }
  public var server: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.server, of: self) } }
  /// The tool, prompt or resource.
  public var item: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.item, of: self) } }
  /// The policy object that the operator wrote for this server and direction.
  public var policyJSON: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.policy_json, of: self) } }
  /// Changes when the policy does: a key for what was derived from it.
  public var policyRevision: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.policy_revision, of: self) } }
  /// Every text of the message, member names and numbers included.
  public var segments: Segments { @_lifetime(copy self) get { Segments(raw.segments, raw.segment_count, of: self) } }
  /// In the output phase: the request as the server received it.
  public var original: Segments { @_lifetime(copy self) get { Segments(raw.original, raw.original_count, of: self) } }
  /// In the phases output and restore: what the input phase's verdict left in `callState`; so too on input, while the call runs already.
  public var callState: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.call_state, of: self) } }
  /// What this binding last left in `sessionState` for this session. May come from an older release of the plugin.
  public var sessionState: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.session_state, of: self) } }

  /// A copy that may be kept.
  public var copy: Copy {
    Copy(
      phase: phase, context: context.copy, surface: surface.string, server: server.string, item: item.string,
      policyJSON: policyJSON.bytes, policyRevision: policyRevision.string, segments: segments.copies, original: original.copies,
      callState: callState.bytes, sessionState: sessionState.bytes)
  }

  /// The same, owned.
  public struct Copy: Sendable {
    public var phase: GuardrailPhases
    public var context: CallContext.Copy
    public var surface: String
    public var server: String
    public var item: String
    public var policyJSON: [UInt8]
    public var policyRevision: String
    public var segments: [Segment.Copy]
    public var original: [Segment.Copy]
    public var callState: [UInt8]
    public var sessionState: [UInt8]
  }
}

/// The texts of a message in document order.
public struct Segments: ~Escapable {
  private let start: UnsafePointer<smg_segment>?
  public let count: Int

  @_lifetime(copy owner)
  init<Owner: ~Escapable>(_ start: UnsafePointer<smg_segment>?, _ count: Int, of owner: borrowing Owner) {
    self.start = start
    self.count = start == nil ? 0 : max(0, count)
  }

  public var indices: Range<Int> { 0..<count }

  /// The segment at `index`; an empty one beyond the last.
  public subscript(index: Int) -> Segment {
    @_lifetime(copy self)
    get {
      guard let start, indices.contains(index) else { return Segment(smg_segment(), of: self) }
      return Segment(start[index], of: self)
    }
  }

  /// Copies that may be kept.
  public var copies: [Segment.Copy] { indices.map { self[$0].copy } }
}

/// One string, member name or number of a message, decoded: no escape can hide a word.
public struct Segment: ~Escapable {
  private let raw: smg_segment

  @_lifetime(copy owner)
  init<Owner: ~Escapable>(_ raw: smg_segment, of owner: borrowing Owner) { self.raw = raw }

  /// RFC 6901, from the root of the JSON-RPC message or of the definition.
  public var path: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.path, of: self) } }
  public var text: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.text, of: self) } }
  /// What the message says the text is; empty when it does not say.
  public var mediaType: BorrowedText { @_lifetime(copy self) get { BorrowedText(raw.media_type, of: self) } }
  public var kind: Kind { Kind(rawValue: raw.flags) }

  public var copy: Copy { Copy(path: path.string, text: text.string, mediaType: mediaType.string, kind: kind) }

  /// What a segment is; nothing set: an ordinary string value (`SMG_SEG_*`).
  public struct Kind: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// A member name: may be judged, not rewritten.
    public static let memberName = Self(rawValue: SMG_SEG_KEY)
    /// A number's source text: a replacement turns it into a string.
    public static let number = Self(rawValue: SMG_SEG_NUMBER)
    /// Base64.
    public static let binary = Self(rawValue: SMG_SEG_BINARY)
    /// What escapes in the text of an earlier segment hide.
    public static let nested = Self(rawValue: SMG_SEG_NESTED)
  }

  /// The same, owned.
  public struct Copy: Sendable {
    public var path: String
    public var text: String
    public var mediaType: String
    public var kind: Kind
  }
}
