import MCP
import Testing

@Suite struct RevisionTests {
  @Test func `revisions are ordered by date and only the newest is modern`() {
    #expect(Revision.allCases == Revision.allCases.sorted())
    #expect(Revision.legacy.map(\.rawValue) == ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
    #expect(Revision.modern == [.v2026_07_28])
    #expect(Revision.newestLegacy == Revision.legacy.last)
    #expect(Revision.newest == Revision.allCases.last)
  }

  @Test(arguments: [
    ("2024-11-05", Revision.v2024_11_05), ("2025-03-26", .v2025_03_26), ("2025-06-18", .v2025_06_18), ("2025-11-25", .v2025_11_25),
    ("2026-07-28", .v2025_11_25), ("1999-01-01", .v2025_11_25), ("", .v2025_11_25),
  ])
  func `initialize gets the offered legacy revision back, anything else the newest legacy one`(offered: String, answer: Revision) {
    #expect(Revision.negotiated(offered: offered) == answer)
  }
}
