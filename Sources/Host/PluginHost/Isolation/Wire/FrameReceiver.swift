internal import CLinux
internal import Glibc

/// Receives the messages of one connection.
///
/// The gateway's side takes no descriptor from a plugin's process, so that such a process can neither use up the gateway's descriptors nor lend it memory that
/// fails when it is read.
struct FrameReceiver: ~Copyable {
  enum Side { case gateway, process }

  enum Received {
    case frame(Frame)
    /// A piece of a message that is not whole yet.
    case piece
    /// Nothing at the moment.
    case nothing
    /// The other side has closed its end.
    case end
  }

  private let socket: FrameSocket
  private let side: Side
  private let buffer: UnsafeMutableRawBufferPointer
  /// A message of which pieces are still to come, and how many bytes are there.
  private var begun: (frame: Frame, filled: Int)?

  init(_ socket: FrameSocket, side: Side) {
    self.socket = socket
    self.side = side
    // What the largest packet takes.
    buffer = .allocate(byteCount: FrameHeader.size + Limits.Plugin.maxPlainFrameBytes, alignment: 16)
  }

  deinit { buffer.deallocate() }

  /// The process's side waits, the gateway's does not.
  mutating func receive() throws(WireError) -> Received {
    var attached: Int32 = -1
    let isProcess = side == .process
    let count = withUnsafeMutablePointer(to: &attached) {
      smg_frame_receive(socket.descriptor, buffer.baseAddress, buffer.count, isProcess ? $0 : nil, isProcess ? 1 : 0)
    }
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
    guard let form = FrameForm(rawValue: header.form), header.bytes <= UInt64(Limits.Plugin.maxFrameBytes) else {
      throw WireError("a message of unknown form")
    }
    let body = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[FrameHeader.size..<count])
    switch form {
    case .whole:
      guard begun == nil, attached < 0, header.bytes == UInt64(body.count) else {
        throw WireError("a message of another size than announced")
      }
      return .frame(Frame(kind: kind, number: header.number, payload: FramePayload(copying: body)))
    case .shared:
      guard attached >= 0 else { throw WireError("shared memory that is not there") }
      return .frame(Frame(kind: kind, number: header.number, payload: try FramePayload(mapping: attached, bytes: Int(header.bytes))))
    case .begun:
      guard begun == nil else { throw WireError("a message inside another") }
      begun = (Frame(kind: kind, number: header.number, payload: FramePayload(room: Int(header.bytes))), 0)
      return try piece(body)
    case .continued:
      guard let frame = begun?.frame, frame.kind == kind, frame.number == header.number else { throw WireError("a piece of no message") }
      return try piece(body)
    }
  }

  private mutating func piece(_ body: UnsafeRawBufferPointer) throws(WireError) -> Received {
    guard let (frame, filled) = begun, !body.isEmpty, body.count <= frame.payload.bytes.count - filled else {
      throw WireError("a message of another size than announced")
    }
    frame.payload.fill(at: filled, body)
    let isWhole = filled + body.count == frame.payload.bytes.count
    begun = isWhole ? nil : (frame, filled + body.count)
    return isWhole ? .frame(frame) : .piece
  }
}
