extension RawJSON {
  /// A copy of this value with parts of it written anew; everything else keeps its bytes.
  ///
  /// - Parameter edits: in any order. A target is this value or inside it and in the same buffer, as `forEachText`, `members` and `elements` give it, and targets do
  ///   not overlap. `with` is the JSON text to put there.
  /// - Throws: `misplacedEdit`, or what is wrong with the result, which is checked as a whole: a rewritten member name may meet another one.
  package func replacing(_ edits: [(target: RawJSON, with: [UInt8])], limits: JSONLimits = .widest) throws(JSONError) -> RawJSON {
    let ordered = edits.sorted { $0.target.range.lowerBound < $1.target.range.lowerBound }
    var text: [UInt8] = []
    text.reserveCapacity(range.count + edits.reduce(0) { $0 + $1.with.count })
    var position = range.lowerBound
    for (target, replacement) in ordered {
      guard sharesBuffer(with: target), target.range.lowerBound >= position, target.range.upperBound <= range.upperBound else {
        throw JSONError(.misplacedEdit, at: target.range.lowerBound)
      }
      text.append(contentsOf: source.bytes[position..<target.range.lowerBound])
      text.append(contentsOf: replacement)
      position = target.range.upperBound
    }
    text.append(contentsOf: source.bytes[position..<range.upperBound])
    return try RawJSON(validating: text, limits: limits)
  }

  private func sharesBuffer(with other: RawJSON) -> Bool {
    source === other.source
  }
}
