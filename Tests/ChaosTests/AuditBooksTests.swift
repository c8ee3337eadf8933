import Chaos
import Testing

/// The checker of a listener that comes and goes must tell what it may have missed from what it may not.
@Suite struct AuditBooksTests {
    private func check(_ heard: AuditBooks.Heard, losses: Int = 0) -> [String] {
        AuditBooks(name: "A", sent: ["k": 9], heard: ["k": heard], losses: losses).check().violations
    }

    @Test func `one that is behind is in order, whether it listens or not`() {
        #expect(check(.init(last: 9)).isEmpty)
        #expect(check(.init(last: 3)).isEmpty)
    }

    @Test func `a gap and a late begin are in order where the broker has lost what lay there, once for each time`() {
        #expect(check(.init(last: 9, gaps: 1)) == ["A of k has 1 gaps, and the broker lost its topics 0 times"])
        #expect(check(.init(first: 4, last: 9)) == ["A of k begins with 4"])
        #expect(check(.init(first: 4, last: 9, gaps: 1), losses: 1).isEmpty)
        #expect(check(.init(last: 9, gaps: 2), losses: 1).count == 1)
    }

    @Test func `what comes again, late or out of nowhere is found, whatever the broker lost`() {
        let late = AuditBooks.Heard(last: 9, faults: 1, firstFault: "4 came after 5")
        #expect(check(late, losses: 3) == ["A of k: 4 came after 5 (1 such)"])
        #expect(check(.init(last: 10), losses: 3) == ["A of k heard 10 of 9"])
    }
}
