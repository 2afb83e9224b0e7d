/// Letters of other scripts that look like Latin letters in common fonts, and digits of other scripts.
///
/// Chosen by eye from Cyrillic, Greek, Armenian, Cherokee, Latin extensions and the small capitals; letters that merely resemble one are not here.
enum Confusables {
  /// Each Latin letter with its look-alikes.
  private static let lookAlikes: [(Character, String)] = [
    ("a", "аɑαа"), ("b", "Ьƅ"), ("c", "сϲᴄ"), ("d", "ԁɗ"), ("e", "еҽεє"), ("f", "ƒ"), ("g", "ɡցġ"), ("h", "һհ"), ("i", "іıɩιӏ"),
    ("j", "јϳ"),
    ("k", "кκᴋ"), ("l", "ⅼǀ"), ("m", "мᴍ"), ("n", "ոռᴨп"), ("o", "оοօσᴏ"), ("p", "рρᴩ"), ("q", "ԛզ"), ("r", "гᴦ"), ("s", "ѕꜱ"),
    ("t", "тτᴛ"),
    ("u", "υսᴜ"), ("v", "ѵνᴠ"), ("w", "ԝωѡᴡ"), ("x", "хχ"), ("y", "уүγʏ"), ("z", "ᴢ"), ("A", "АΑᎪᴀ"), ("B", "ВΒᏴʙ"), ("C", "СϹᏟ"),
    ("D", "Ꭰᴅ"),
    ("E", "ЕΕᎬᴇ"), ("F", "Ϝꜰ"), ("G", "Ԍ"), ("H", "НΗᎻʜ"), ("I", "ІΙӀɪ"), ("J", "ЈᎫᴊ"), ("K", "КΚᏦ"), ("L", "Ꮮʟ"), ("M", "МΜᎷ"),
    ("N", "Νɴ"),
    ("O", "ОΟՕ"), ("P", "РΡᏢᴘ"), ("Q", "Ԛ"), ("R", "Ꮢʀ"), ("S", "ЅՏᏚ"), ("T", "ТΤᎢ"), ("U", "Ս"), ("V", "ѴᏙ"), ("W", "ԜᎳ"), ("X", "ХΧ"),
    ("Y", "ҮΥ"), ("Z", "ΖᏃ"),
  ]

  static let all: [(scalar: UInt32, byte: UInt8)] = lookAlikes.flatMap { letter, others in
    others.unicodeScalars.map { ($0.value, letter.asciiValue ?? 0x3F) }
  }

  private static let byScalar = Dictionary(all.map { ($0.scalar, $0.byte) }) { first, _ in first }

  /// The Latin letter that a scalar looks like; nil for one that looks like none.
  static func plain(_ scalar: UInt32) -> UInt8? { byScalar[scalar] }

  /// Whether the scalar belongs to another script than Latin and looks like a Latin letter: what a homoglyph is made of.
  static func isForeign(_ scalar: UInt32) -> Bool { byScalar[scalar] != nil && foreign.contains { $0.contains(scalar) } }

  /// Whether the scalar is a letter of one of the scripts that look-alikes come from.
  static func isForeignScript(_ scalar: UInt32) -> Bool { foreign.contains { $0.contains(scalar) } }

  private static let foreign: [ClosedRange<UInt32>] = [0x0370...0x03FF, 0x0400...0x052F, 0x0531...0x0588, 0x13A0...0x13FF]

  /// The zero of each decimal system that is not ASCII's and that no compatibility form reaches.
  static let zeros: [UInt32] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x0F20,
  ]
}
