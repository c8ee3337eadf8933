import MeshCore
import TestSupport
import Testing

@Suite struct ExactTextTests {
    @Test func `texts are equal and ordered as their bytes are`() {
        var seed = Seed()
        for _ in 0..<500 {
            let left = seed.text()
            let right = seed.chance(0.3) ? left : seed.text()
            let (first, second) = (Array(left.utf8), Array(right.utf8))
            #expect(left.hasSameBytes(as: right) == (first == second))
            #expect((ExactText(left) == ExactText(right)) == (first == second))
            #expect(left.precedesInBytes(right) == first.lexicographicallyPrecedes(second))
        }
        #expect("".hasSameBytes(as: "") && !"".hasSameBytes(as: "a") && "".precedesInBytes("a"))
    }

    @Test func `texts that only look alike are two`() {
        let texts = ["\u{E9}", "e\u{301}"]
        #expect(texts[0] == texts[1])
        #expect(Set(texts.map { ExactText($0) }).count == 2)
    }
}
