internal import Glibc
internal import JSON

/// What the words of a command lead to: JSON in a word or in a file, a secret on standard input.
enum InputText {
  /// JSON given as text, or as `@file`.
  static func json(_ text: String, option: String) throws -> RawJSON {
    try parse(text.hasPrefix("@") ? file(String(text.dropFirst())) : Array(text.utf8), from: option)
  }

  /// An object given as text, or as `@file`.
  static func object(_ text: String, option: String) throws -> JSONValue {
    let value = try json(text, option: option).value
    guard value.objectValue != nil else { throw GatewayError(.toolInvalidArguments, "\(option) must be a JSON object.") }
    return value
  }

  /// A JSON document of a file; `-` is standard input.
  static func document(_ path: String) throws -> RawJSON { try parse(file(path), from: path) }

  static func parse(_ bytes: [UInt8], from origin: String) throws -> RawJSON {
    do throws(JSONError) { return try RawJSON(validating: bytes, limits: JSONLimits(maxBytes: Limits.Config.maxDocumentBytes)) } catch {
      let (line, column) = error.lineAndColumn(in: bytes)
      throw GatewayError(.toolInvalidArguments, "\(origin) is not valid JSON: \(error.reason.rawValue) at line \(line), column \(column).")
    }
  }

  static func file(_ path: String) throws -> [UInt8] {
    if path == "-" { return try standardInput(maxBytes: Limits.Config.maxDocumentBytes) }
    do throws(FileBytes.Failure) { return try FileBytes.read(path, maxBytes: Limits.Config.maxDocumentBytes).bytes } catch {
      throw GatewayError(.configurationInvalid, "\(error).")
    }
  }

  /// A key; `-` reads it from standard input. One that stands in the words can be seen by other users of the machine.
  static func key(_ text: String) throws -> String {
    guard text == "-" else {
      if !KeyName.isID(text), !text.hasPrefix(KeyName.digestPrefix) {
        Output.tell("warning: a key on a command line can be seen by others; give its id, or - and the key on standard input")
      }
      return text
    }
    let bytes = try standardInput(maxBytes: Limits.Plugin.maxPresentedKeyBytes)
    return String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
  }

  private static func standardInput(maxBytes: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw GatewayError(.toolInvalidArguments, "Standard input cannot be read: \(String(cString: strerror(errno))).")
      }
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= maxBytes else { throw GatewayError(.toolInvalidArguments, "Standard input is larger than \(maxBytes) bytes.") }
    }
  }
}

/// A file that an answer is written to: whole or not at all, readable by its owner alone.
enum OutputFile {
  /// `-` is standard output. The configuration itself is never overwritten so.
  static func write(_ answer: Answer, to path: String, besides configPath: String?) throws {
    let bytes = (answer.file ?? answer.data.serialized(pretty: true)) + [UInt8(ascii: "\n")]
    guard path != "-" else { return Output.print(String(decoding: bytes.dropLast(), as: UTF8.self)) }
    let place = FilePath.resolvingLinks(FilePath.resolve(path, against: FilePath.currentDirectory))
    if let configPath, place == FilePath.resolvingLinks(configPath) {
      throw GatewayError(.configurationInvalid, "\(path) is the configuration itself.")
    }
    do throws(FileBytes.Failure) { try FileBytes.write(bytes, to: place, mode: 0o600, replacing: true) } catch {
      throw GatewayError(.configurationInvalid, "The file cannot be written: \(error)")
    }
    Output.tell("Written to \(path)")
  }
}
