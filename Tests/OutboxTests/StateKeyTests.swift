import Outbox
import TestSupport
import Testing

/// Keys as commits order and compare them.
@Suite struct StateKeyTests {
    @Test func `a key's start never contradicts the order of keys, and equal keys have one`() {
        var seed = Seed()
        for _ in 0..<2000 {
            let texts = (0..<2).map { _ in seed.chance(0.3) ? "k" + seed.text(limit: 3) : seed.text() }
            let (left, right) = (StateKey(service: "s", key: texts[0]), StateKey(service: "s", key: texts[1]))
            #expect(left.start == right.start || (left.start < right.start) == (left < right), "\(texts)")
            #expect((left == right) == (Array(texts[0].utf8) == Array(texts[1].utf8)), "\(texts)")
            #expect(left == StateKey(service: "s", key: String(decoding: Array(texts[0].utf8), as: UTF8.self)))
        }
        #expect(StateKey(service: "s", key: "").start == 0)
        #expect(StateKey(service: "s", key: "abcdefghi").start == 0x6162_6364_6566_6768)
    }
}
