import JSON
import Testing

@testable import Host

/// Keys, signatures and the rules of trust, without libraries.
@Suite struct TrustTests {
  private static let sha256 = String(repeating: "ab", count: 32)
  private static let path = "/nowhere/libx.so"

  private func hex(_ text: String) -> [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: digits.count, by: 2).map { (Hex.value(digits[$0]) ?? 0) << 4 | (Hex.value(digits[$0 + 1]) ?? 0) }
  }

  @Test func `signatures are those of RFC 8032, section 7_1, test 1`() throws {
    let key = try #require(SigningPublicKey(bytes: hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")))
    var signature = hex(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
    #expect(key.verifies(signature, of: []))
    #expect(!key.verifies(signature, of: [0]))
    #expect(!key.verifies(Array(signature.dropLast()), of: []))
    signature[0] ^= 1
    #expect(!key.verifies(signature, of: []))
    #expect(SigningPublicKey(base64: key.base64) == key)
  }

  @Test(arguments: [
    "0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "00",
  ]) func `keys that everybody can sign by are none`(_ text: String) {
    #expect(SigningPublicKey(bytes: hex(text)) == nil)
  }

  @Test func `a key that was written can be read and signs alike`() throws {
    let key = try SigningKey.generate()
    let again = try SigningKey.read(pem: key.pem(), from: "test")
    #expect(again.publicKey == key.publicKey)
    let signature = try PluginSignature(sha256: Self.sha256, entries: []).signed(by: key)
    #expect(try signature.signed(by: again) == signature)
    #expect(try PluginSignature(signature.document.serialized()) == signature)
  }

  @Test func `the first trusted key counts, whatever stands before it`() throws {
    let revoked = try SigningKey.generate()
    let unknown = try SigningKey.generate()
    let good = try SigningKey.generate()
    let all = try PluginSignature(sha256: Self.sha256, entries: []).signed(by: unknown).signed(by: revoked).signed(by: good)
    let keys = [TrustedKey(name: "old", key: revoked.publicKey, isRevoked: true), TrustedKey(name: "new", key: good.publicKey)]
    let rules = LibraryTrust(trust: PluginTrust(.signed, keys: keys), builtIn: [])
    #expect(try rules.signer(all, Self.sha256, Self.path).name == "new")
    var without = all
    without.entries.removeLast()
    #expect(throws: PluginRefusal.self) { try rules.signer(without, Self.sha256, Self.path) }
    #expect(refusal { try rules.signer(without, Self.sha256, Self.path) } == .revokedKey)
    #expect(refusal { try rules.signer(all, String(repeating: "cd", count: 32), Self.path) } == .signature)
    without.entries.removeLast()
    #expect(refusal { try rules.signer(without, Self.sha256, Self.path) } == .unknownKey)
  }

  @Test func `what was loaded is judged anew by the rules of now`() throws {
    let key = TrustedKey(name: "acme", key: try SigningKey.generate().publicKey)
    var revoked = key
    revoked.isRevoked = true
    func now(_ trust: PluginTrust, builtIn: Set<String> = [], _ ground: TrustGround) -> PluginRefusal.Rule? {
      refusal { try LibraryTrust(trust: trust, builtIn: builtIn).judge(ground, sha256: Self.sha256, path: Self.path) }
    }
    #expect(now(.any, .signature(key)) == nil)
    #expect(now(PluginTrust(.signed, keys: [key]), .signature(key)) == nil)
    #expect(now(PluginTrust(.signed, keys: [revoked]), .signature(key)) == .revokedKey)
    #expect(now(PluginTrust(.signed), .signature(key)) == .unknownKey)
    #expect(now(PluginTrust(.signed, keys: [key]), .any) == .unsigned)
    #expect(now(PluginTrust(.signed, allowlist: [Self.sha256]), .any) == nil)
    #expect(now(PluginTrust(.signed), builtIn: [Self.sha256], .builtIn) == nil)
    #expect(now(.allowlist([]), builtIn: [Self.sha256], .builtIn) == .trust)
    #expect(now(.allowlist([Self.sha256]), .any) == nil)
  }

  private func refusal(_ body: () throws -> Any) -> PluginRefusal.Rule? {
    do {
      _ = try body()
      return nil
    } catch { return (error as? PluginRefusal)?.rule }
  }
}

/// How long calls took.
@Suite struct CallDurationsTests {
  @Test(arguments: [(0, 0), (1024, 0), (1025, 1), (4096, 1), (4097, 2), (1 << 36, 13), ((1 << 36) + 1, 14), (Int.max, 14)])
  func `a duration is counted in the bucket whose upper edge it does not exceed`(_ nanoseconds: Int, _ bucket: Int) {
    let durations = CallDurations()
    durations.record(nanoseconds: UInt64(nanoseconds))
    #expect(durations.current.buckets.firstIndex(of: 1) == bucket)
    if bucket < 14 { #expect(Double(nanoseconds) / 1e9 <= PluginStats.Latency.boundsSeconds[bucket]) }
  }

  @Test func `quantiles are never beyond the longest call`() {
    let durations = CallDurations()
    for _ in 0..<99 { durations.record(nanoseconds: 1_000) }
    durations.record(nanoseconds: 1_000_000)
    let latency = durations.current
    #expect(latency.count == 100 && latency.quantileSeconds(0.5) == 1024e-9 && latency.quantileSeconds(0.999) == 1e-3)
    #expect(PluginStats.Latency().document["p99_milliseconds"]?.isNull == true)
    #expect((latency + latency).count == 200)
  }
}
