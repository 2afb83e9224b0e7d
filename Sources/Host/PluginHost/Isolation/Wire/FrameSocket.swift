internal import CLinux
internal import Glibc

/// One end of the connection between the gateway and a plugin's process. Messages stay whole and in order; large ones travel as sealed shared memory.
struct FrameSocket: Sendable {
  let descriptor: Int32

  enum Sent: Equatable {
    case done
    /// The other side does not read.
    case full
    /// It has gone, or the message cannot be sent at all.
    case failed
  }

  /// Two connected ends.
  static func pair() throws(PluginChild.NotStarted) -> (FrameSocket, FrameSocket) {
    var ends: [Int32] = [-1, -1]
    guard smg_frame_pair(&ends) == 0 else { throw PluginChild.NotStarted(number: errno) }
    return (FrameSocket(descriptor: ends[0]), FrameSocket(descriptor: ends[1]))
  }

  /// - Parameter waits: until there is room; otherwise `full`.
  func send(_ kind: FrameKind, _ number: UInt64, _ payload: [UInt8] = [], waits: Bool) -> Sent {
    guard payload.count <= Limits.Plugin.maxFrameBytes else { return .failed }
    let isShared = payload.count > Limits.Plugin.maxPlainFrameBytes
    var header = FrameHeader(kind: kind.rawValue, isShared: isShared ? 1 : 0, number: number, bytes: UInt64(payload.count))
    return payload.withUnsafeBytes { bytes in
      guard isShared else {
        return Self.outcome(
          smg_frame_send(descriptor, &header, FrameHeader.size, bytes.baseAddress, bytes.count, -1, waits ? 1 : 0))
      }
      let memory = smg_shared_bytes("smg:frame", bytes.baseAddress, bytes.count)
      guard memory >= 0 else { return .failed }
      defer { close(memory) }
      return Self.outcome(smg_frame_send(descriptor, &header, FrameHeader.size, nil, 0, memory, waits ? 1 : 0))
    }
  }

  private static func outcome(_ result: Int32) -> Sent {
    guard result != 0 else { return .done }
    return errno == EAGAIN ? .full : .failed
  }

  enum Received {
    case frame(Frame)
    /// Nothing at the moment.
    case nothing
    /// The other side has closed its end.
    case end
  }

  /// - Parameter buffer: of `bufferBytes`.
  func receive(_ buffer: UnsafeMutableRawBufferPointer, waits: Bool) throws(WireError) -> Received {
    var attached: Int32 = -1
    let count = smg_frame_receive(descriptor, buffer.baseAddress, buffer.count, &attached, waits ? 1 : 0)
    defer { if attached >= 0 { close(attached) } }
    guard count != 0 else { return .end }
    guard count > 0 else {
      if errno == EAGAIN { return .nothing }
      if errno == ECONNRESET { return .end }
      throw WireError("cannot be received: \(String(cString: strerror(errno)))")
    }
    guard count >= FrameHeader.size else { throw WireError("a message without a header") }
    let header = buffer.loadUnaligned(as: FrameHeader.self)
    guard let kind = FrameKind(rawValue: header.kind) else { throw WireError("a message of unknown kind \(header.kind)") }
    if header.isShared == 1, attached >= 0 {
      return .frame(Frame(kind: kind, number: header.number, payload: try FramePayload(mapping: attached, bytes: header.bytes)))
    }
    let body = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[FrameHeader.size..<count])
    guard header.isShared == 0, attached < 0, header.bytes == UInt64(body.count) else {
      throw WireError("a message of another size than announced")
    }
    return .frame(Frame(kind: kind, number: header.number, payload: FramePayload(copying: body)))
  }

  /// What the largest plain message takes.
  static let bufferBytes = FrameHeader.size + Limits.Plugin.maxPlainFrameBytes
}
