internal import PluginABI

/// One decoded string of a message and its place (`smg_segment`).
package struct Segment: Sendable, Hashable {
  /// What kind of text this is (`SMG_SEG_*`).
  package struct Flags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// A member name: may be judged, not rewritten.
    package static let key = Flags(rawValue: SMG_SEG_KEY)
    /// A number's source text: a replacement turns it into a string.
    package static let number = Flags(rawValue: SMG_SEG_NUMBER)
    /// Base64 of an image, audio or blob.
    package static let binary = Flags(rawValue: SMG_SEG_BINARY)
    /// What escapes in the text of an earlier segment hide.
    package static let nested = Flags(rawValue: SMG_SEG_NESTED)
  }

  /// RFC 6901 pointer from the message's root.
  package var pointer: String
  package var text: String
  /// What the message says the text is; empty when it does not say.
  package var mediaType: String
  package var flags: Flags

  package init(pointer: String, text: String, mediaType: String = "", flags: Flags = []) {
    self.pointer = pointer
    self.text = text
    self.mediaType = mediaType
    self.flags = flags
  }
}

/// When in a call a guardrail is asked (`SMG_PHASE_*`).
package enum GuardrailPhase: UInt32, Sendable, Hashable, CaseIterable {
  /// What the client sends, before the server sees it.
  case input = 1
  /// What the server answers, before the client sees it.
  case output = 2
  /// One tool definition at discovery.
  case tool = 4
  /// One server's name, description and instructions.
  case server = 8
  /// What all guardrails have let pass, to have the caller's own values put back.
  case restore = 16
}

/// One question to a guardrail (`smg_guard_request`).
package struct GuardrailRequest: Sendable {
  package var context: CallContext
  package var phase: GuardrailPhase
  /// "tools/call", "prompts/get", "resources/read", "sampling", "elicitation", "notification", "registration".
  package var surface: String
  package var server: String
  /// Tool, prompt or resource name.
  package var item: String
  package var policyJSON: [UInt8]
  package var policyRevision: String
  package var segments: [Segment]
  /// Output phase: the request as the upstream server received it.
  package var original: [Segment]
  /// The `callState` of this call's latest input verdict that had one.
  package var callState: StateBytes?
  /// The binding's latest stored `sessionState` of this session.
  package var sessionState: StateBytes?

  package init(
    context: CallContext, phase: GuardrailPhase, surface: String, server: String = "", item: String = "", policyJSON: [UInt8] = [],
    policyRevision: String = "", segments: [Segment], original: [Segment] = [], callState: StateBytes? = nil,
    sessionState: StateBytes? = nil
  ) {
    self.context = context
    self.phase = phase
    self.surface = surface
    self.server = server
    self.item = item
    self.policyJSON = policyJSON
    self.policyRevision = policyRevision
    self.segments = segments
    self.original = original
    self.callState = callState
    self.sessionState = sessionState
  }
}
