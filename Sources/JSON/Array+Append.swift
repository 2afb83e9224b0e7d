extension [UInt8] {
  /// Appends a piece as a whole where its bytes lie side by side, also where the caller in another module has it as a generic collection.
  package mutating func appendWhole(_ piece: some Collection<UInt8>) {
    let appended: Void? = piece.withContiguousStorageIfAvailable { append(contentsOf: $0) }
    if appended == nil { append(contentsOf: piece) }
  }
}
