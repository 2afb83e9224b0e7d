/// The first bytes by which files of pictures, sound, film, fonts, archives and documents are known.
enum MediaSignature {
  private struct Signature {
    let bytes: [UInt8]
    var offset = 0
    /// What has to stand later besides.
    var later: [(offset: Int, bytes: [UInt8])] = []

    func begins(_ file: [UInt8]) -> Bool {
      ([(offset, bytes)] + later).allSatisfy { place, bytes in
        file.count >= place + bytes.count && file[place..<place + bytes.count].elementsEqual(bytes)
      }
    }
  }

  static func isKnown(_ file: [UInt8]) -> Bool { all.contains { $0.begins(file) } }

  private static let all: [Signature] =
    [
      // PNG, JPEG, GIF, TIFF, ICO, PSD, JPEG XL
      [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], [0xFF, 0xD8, 0xFF], Array("GIF87a".utf8), Array("GIF89a".utf8),
      [0x49, 0x49, 0x2A, 0x00], [0x4D, 0x4D, 0x00, 0x2A], [0x00, 0x00, 0x01, 0x00], Array("8BPS".utf8), [0xFF, 0x0A],
      [0x00, 0x00, 0x00, 0x0C, 0x4A, 0x58, 0x4C, 0x20],
      // MP3, AAC, Ogg, FLAC, MIDI, Matroska
      Array("ID3".utf8), [0xFF, 0xFB], [0xFF, 0xF3], [0xFF, 0xF2], [0xFF, 0xF1], [0xFF, 0xF9], Array("OggS".utf8), Array("fLaC".utf8),
      Array("MThd".utf8), [0x1A, 0x45, 0xDF, 0xA3],
      // PDF, ZIP and what is made of it, gzip, 7z, xz, zstd, older office documents
      Array("%PDF-".utf8), [0x50, 0x4B, 0x03, 0x04], [0x1F, 0x8B, 0x08], [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C],
      [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], [0x28, 0xB5, 0x2F, 0xFD], [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1],
      // WOFF, SQLite, WebAssembly, ELF
      Array("wOFF".utf8), Array("wOF2".utf8), Array("SQLite format 3\0".utf8), [0x00, 0x61, 0x73, 0x6D], [0x7F, 0x45, 0x4C, 0x46],
    ].map { Signature(bytes: $0) }
    + [
      // BMP, with its reserved bytes; MP4, AVIF and HEIC; WebP, WAVE and AVI; AIFF
      Signature(bytes: Array("BM".utf8), later: [(6, [0, 0, 0, 0])]), Signature(bytes: Array("ftyp".utf8), offset: 4),
    ]
    + ["WEBP", "WAVE", "AVI "].map { Signature(bytes: Array("RIFF".utf8), later: [(8, Array($0.utf8))]) }
    + ["AIFF", "AIFC"].map { Signature(bytes: Array("FORM".utf8), later: [(8, Array($0.utf8))]) }
}
