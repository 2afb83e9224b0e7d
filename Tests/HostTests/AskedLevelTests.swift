import MCP
import Testing

@testable import Host

@Suite struct AskedLevelTests {
  private let level = AskedLevel()

  @Test func `the level is lowered once for each who wants more`() {
    #expect(level.lower(to: .error, isSaid: true) == .error)
    #expect(level.lower(to: .error, isSaid: true) == nil)
    #expect(level.lower(to: .alert, isSaid: true) == nil)
    #expect(level.lower(to: .info, isSaid: true) == .info)
  }

  @Test func `whoever says nothing leaves the choice to the server, and loses nothing to others`() {
    #expect(level.lower(to: .debug, isSaid: false) == nil)
    #expect(level.lower(to: nil, isSaid: false) == nil)
    #expect(level.lower(to: .error, isSaid: true) == .error)
    #expect(level.lower(to: .debug, isSaid: false) == .debug)
  }
}
