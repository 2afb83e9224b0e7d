internal import CLinux
internal import Glibc

/// One end of the connection between the gateway and a plugin's process. Messages arrive in order.
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

  /// The gateway's way: never waits, and a large message becomes shared memory.
  func send(_ kind: FrameKind, _ number: UInt64, _ payload: [UInt8] = []) -> Sent {
    guard payload.count <= Limits.Plugin.maxFrameBytes else { return .failed }
    return payload.withUnsafeBytes { bytes in
      guard bytes.count > Limits.Plugin.maxPlainFrameBytes else {
        return send(FrameHeader(kind, .whole, number, bytes: bytes.count), bytes, waits: false)
      }
      let memory = smg_shared_bytes("smg:frame", bytes.baseAddress, bytes.count)
      guard memory >= 0 else { return .failed }
      defer { close(memory) }
      return send(FrameHeader(kind, .shared, number, bytes: bytes.count), nil, attached: memory, waits: false)
    }
  }

  /// The way of a plugin's process: waits for room, and a large message goes in pieces. The caller sees to it that nothing else is sent meanwhile.
  /// - Returns: false when it cannot be sent.
  func sendInPieces(_ kind: FrameKind, _ number: UInt64, _ payload: [UInt8] = []) -> Bool {
    guard payload.count <= Limits.Plugin.maxFrameBytes else { return false }
    return payload.withUnsafeBytes { bytes in
      var form = bytes.count > Limits.Plugin.maxPlainFrameBytes ? FrameForm.begun : .whole
      var rest = bytes[...]
      repeat {
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(Limits.Plugin.maxPlainFrameBytes))
        guard send(FrameHeader(kind, form, number, bytes: bytes.count), piece, waits: true) == .done else { return false }
        rest = rest.dropFirst(piece.count)
        form = .continued
      } while !rest.isEmpty
      return true
    }
  }

  private func send(_ header: FrameHeader, _ body: UnsafeRawBufferPointer?, attached: Int32 = -1, waits: Bool) -> Sent {
    var header = header
    let result = smg_frame_send(descriptor, &header, FrameHeader.size, body?.baseAddress, body?.count ?? 0, attached, waits ? 1 : 0)
    guard result != 0 else { return .done }
    return errno == EAGAIN ? .full : .failed
  }
}
