/// A word after which a scanner looks more closely, or that tells what a value near it is.
enum Cue: Int, Sendable {
  /// "Mr", "Dr", "Frau": a name follows.
  case honorific
  /// "name", as in "my name is".
  case name
  /// "regards", "sincerely": a name follows on the next line.
  case farewell
  /// The first part of a token that a vendor gives out: "ghp", "sk", "xoxb".
  case vendor
  /// "is", after which a password may be told.
  case verb
  case phone, card, socialSecurity, passport, licence, nationalID, taxID, insurance, version

  static let count = 14

  /// How far before a value the word may stand.
  static let distance = 40

  static let words: [(String, Cue)] =
    list(.honorific, "mr mrs ms mx dr prof professor herr frau mme monsieur madame sra") + list(.name, "name")
    + list(.farewell, "regards sincerely yours") + list(.verb, "is was")
    + list(.phone, "phone tel telephone telefon mobile cell cellphone fax whatsapp sms handy")
    + list(.card, "card cards visa mastercard amex credit debit payment pan kreditkarte")
    + list(.socialSecurity, "ssn social ssns") + list(.passport, "passport reisepass passeport pasaporte")
    + list(.licence, "driver drivers driving licence license dl")
    + list(.nationalID, "national identity personalausweis aadhaar nric dni nie fiscale")
    + list(.taxID, "tax taxpayer tin itin steuer steuernummer") + list(.insurance, "insurance nino")
    + list(.version, "version release v section rfc chapter") + VendorToken.firstWords.map { ($0, .vendor) }

  private static func list(_ cue: Cue, _ words: String) -> [(String, Cue)] { words.split(separator: " ").map { (String($0), cue) } }

  /// Parts of the names of members that say the same.
  var fieldNames: [StaticString] {
    switch self {
    case .phone: ["phone", "mobile", "tel", "fax", "cell"]
    case .card: ["card", "pan", "credit"]
    case .socialSecurity: ["ssn", "social"]
    case .passport: ["passport"]
    case .licence: ["licen", "driver"]
    case .nationalID: ["national", "identity", "id_card", "idcard"]
    case .taxID: ["tax", "tin"]
    case .insurance: ["insurance", "nino"]
    case .version: ["version", "release"]
    case .honorific, .name, .farewell, .vendor, .verb: []
    }
  }
}

extension TextScan {
  /// Whether a word of this kind stands shortly before `position`, or in the name of the member when the value begins it.
  func hasCue(_ cue: Cue, before position: Int) -> Bool {
    if position - lastCue[cue.rawValue] <= Cue.distance { return true }
    return position < Cue.distance && !field.isEmpty && cue.fieldNames.contains(where: field.contains)
  }
}
