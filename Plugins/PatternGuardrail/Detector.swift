/// What is looked for, by the name that the configuration uses.
enum Detector: Int, CaseIterable, Sendable {
  case email, phone, paymentCard, iban, socialSecurityNumber, identityDocument, ipAddress, personName
  case cloudKey, accessToken, jwt, privateKey, assignedSecret
  case instructionOverride, rolePlay, promptLeak, toolPoisoning, hiddenText, homoglyph

  private static let names = [
    "email", "phone", "payment_card", "iban", "us_ssn", "identity_document", "ip_address", "person_name", "cloud_key", "access_token",
    "jwt",
    "private_key", "assigned_secret", "instruction_override", "role_play", "prompt_leak", "tool_poisoning", "hidden_text", "homoglyph",
  ]

  var name: String { Self.names[rawValue] }

  init?(name: String) {
    guard let index = Self.names.firstIndex(of: name) else { return nil }
    self.init(rawValue: index)
  }

  var group: DetectorGroup {
    switch self {
    case .email, .phone, .paymentCard, .iban, .socialSecurityNumber, .identityDocument, .ipAddress, .personName: .pii
    case .cloudKey, .accessToken, .jwt, .privateKey, .assignedSecret: .secrets
    case .instructionOverride, .rolePlay, .promptLeak, .toolPoisoning, .hiddenText, .homoglyph: .injection
    }
  }

  /// What a caller reads. It says what kind of thing was found, never what it was.
  var title: String {
    switch self {
    case .email: "An e-mail address"
    case .phone: "A telephone number"
    case .paymentCard: "A payment card number"
    case .iban: "A bank account number (IBAN)"
    case .socialSecurityNumber: "A US social security number"
    case .identityDocument: "The number of an identity document"
    case .ipAddress: "An IP address"
    case .personName: "A person's name"
    case .cloudKey: "A key of a cloud provider"
    case .accessToken: "An access token"
    case .jwt: "A JSON Web Token"
    case .privateKey: "A private key"
    case .assignedSecret: "A password or another secret value"
    case .instructionOverride: "Text that tells a model to set its instructions aside"
    case .rolePlay: "Text that talks a model into another role"
    case .promptLeak: "Text that asks a model for its instructions"
    case .toolPoisoning: "Text that gives a model orders behind its user's back"
    case .hiddenText: "Text that a reader does not see"
    case .homoglyph: "A word with letters of another script that look like Latin ones"
    }
  }

  /// The word in a placeholder: `<EMAIL_1>`.
  var placeholder: String {
    switch self {
    case .email: "EMAIL"
    case .phone: "PHONE"
    case .paymentCard: "CARD"
    case .iban: "IBAN"
    case .socialSecurityNumber: "SSN"
    case .identityDocument: "ID"
    case .ipAddress: "IP"
    case .personName: "PERSON"
    case .cloudKey, .accessToken, .jwt, .privateKey, .assignedSecret: "SECRET"
    case .instructionOverride, .rolePlay, .promptLeak, .toolPoisoning, .hiddenText, .homoglyph: "REMOVED"
    }
  }

  /// Its place among all.
  var index: Int { rawValue }
}

/// Detectors that are configured, selected and reported together.
enum DetectorGroup: String, CaseIterable, Sendable {
  case pii, secrets, injection

  /// A violation's category; where the policies of the gateway have a word for it, that word.
  var category: String {
    switch self {
    case .pii: "pii"
    case .secrets: "secrets"
    case .injection: "injection_attack"
    }
  }

  var detectors: [Detector] { Detector.allCases.filter { $0.group == self } }
}

/// What happens when a detector fires, weakest first.
enum Action: String, CaseIterable, Sendable, Comparable {
  case off, flag, redact, block
  static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
