internal import Glibc
internal import PluginSDK

/// A file of keywords: one a line, blanks around it and lines that begin with "#" left out.
struct ListFile {
  static let maxBytes = 8 << 20

  /// By which a change shows.
  struct Stamp: Sendable, Hashable {
    private var device: UInt
    private var inode: UInt
    private var size: Int
    private var seconds: [Int]

    fileprivate init(_ status: stat) {
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
      size = Int(status.st_size)
      seconds = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }
  }

  let keywords: [KeywordList.Keyword]
  let stamp: Stamp

  /// Nil when there is no such file.
  static func stamp(of path: String) -> Stamp? {
    var status = stat()
    return stat(path, &status) == 0 ? Stamp(status) : nil
  }

  /// - Throws: `PluginError.invalid` with the path, the line and what is wrong.
  init(_ path: String) throws {
    let (bytes, stamp) = try Self.read(path)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw PluginError.invalid("\(path): the file is not UTF-8") }
    var keywords: [KeywordList.Keyword] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let keyword = line.drop(while: \.isWhitespace)
      guard let first = keyword.first, first != "#" else { continue }
      let trimmed = String(keyword.reversed().drop(while: \.isWhitespace).reversed())
      guard trimmed.unicodeScalars.count <= KeywordConfig.maxKeywordCharacters else {
        throw PluginError.invalid("\(path) line \(index + 1): more than \(KeywordConfig.maxKeywordCharacters) characters")
      }
      guard keywords.count < KeywordConfig.maxKeywords else {
        throw PluginError.invalid("\(path): more than \(KeywordConfig.maxKeywords) keywords")
      }
      keywords.append(KeywordList.Keyword(text: trimmed, place: "\(path) line \(index + 1)"))
    }
    self.keywords = keywords
    self.stamp = stamp
  }

  /// The file as it was at one moment: one that changes meanwhile is refused, and read again later.
  private static func read(_ path: String) throws -> ([UInt8], Stamp) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw PluginError.invalid("\(path): \(String(cString: strerror(errno)))") }
    defer { close(descriptor) }
    let before = try status(descriptor, path)
    guard before.st_mode & S_IFMT == S_IFREG else { throw PluginError.invalid("\(path): not a regular file") }
    guard before.st_size <= maxBytes else { throw PluginError.invalid("\(path): larger than \(maxBytes) bytes") }
    var bytes = [UInt8](repeating: 0, count: Int(before.st_size) + 1)
    var count = 0
    while count < bytes.count {
      let read = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count) }
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw PluginError.invalid("\(path): \(String(cString: strerror(errno)))") }
      guard read > 0 else { break }
      count += read
    }
    let stamp = Stamp(try status(descriptor, path))
    guard stamp == Stamp(before), count == Int(before.st_size) else { throw PluginError.invalid("\(path): it is being written") }
    return (Array(bytes[..<count]), stamp)
  }

  private static func status(_ descriptor: Int32, _ path: String) throws -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw PluginError.invalid("\(path): \(String(cString: strerror(errno)))") }
    return status
  }
}
