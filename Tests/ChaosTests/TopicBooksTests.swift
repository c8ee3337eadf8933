import Chaos
import Testing

/// The checker of topics and sequences must find gaps, doublings and inversions, and must not take a repetition for one.
@Suite struct TopicBooksTests {
    /// One to `count` of key k, in one partition, by one lane.
    private func steps(_ count: Int) -> [SeenRecord] {
        (1...count).map { number in
            SeenRecord(
                topic: "s", offset: Int64(number), lane: 7, sequence: Int64(number * 10), id: "m\(number)", key: "k",
                number: number)
        }
    }

    @Test func `a topic in order passes, also where a suffix of a lane comes again`() {
        var records = steps(9)
        for (offset, record) in records[3...].enumerated() {
            var again = record
            again.offset = 100 + Int64(offset)
            records.append(again)
        }
        #expect(TopicBooks(records: records).checkOrder(of: "s", sent: ["k": 9]).isEmpty)
    }

    @Test(arguments: ["gap", "doubling", "inversion", "late begin", "early end", "too many", "nothing"])
    func `each disorder is found`(_ what: String) {
        var records = steps(9)
        var sent = ["k": 9]
        switch what {
        case "gap": records.remove(at: 4)
        case "doubling":
            records.append(SeenRecord(topic: "s", offset: 100, lane: 7, sequence: 91, id: "m9x", key: "k", number: 9))
        case "inversion":
            records[3].number = 5
            records[4].number = 4
        case "late begin": records.removeFirst()
        case "early end": records.removeLast()
        case "too many": sent = ["k": 8]
        default: sent["j"] = 1
        }
        #expect(!TopicBooks(records: records).checkOrder(of: "s", sent: sent).isEmpty)
    }

    @Test func `a broker that lost its topics begins anywhere, without a gap, and what was stale is overlooked`() {
        var records = steps(6)
        func later(_ number: Int, epoch: Int64, offset: Int64) -> SeenRecord {
            SeenRecord(
                topic: "s", offset: offset, life: 1, lane: 7, epoch: epoch, sequence: Int64(number * 10),
                id: "m\(number)", key: "k", number: number)
        }
        // Published by one that hadn't noticed yet; then the refill.
        records.append(later(8, epoch: 1, offset: 1))
        records += (5...9).map { later($0, epoch: 2, offset: Int64($0)) }
        #expect(TopicBooks(records: records, losses: 1).checkOrder(of: "s", sent: ["k": 9]).isEmpty)
        let short = TopicBooks(records: records.dropLast(), losses: 1).checkOrder(of: "s", sent: ["k": 9])
        #expect(short == ["s of k in the broker's life 1 ends with 8 of 9"])
    }

    @Test func `two messages of one effect, and one of none, are found`() {
        let records = [
            SeenRecord(topic: "r", offset: 1, lane: 1, sequence: 1, id: "a", key: "t1"),
            SeenRecord(topic: "r", offset: 2, lane: 1, sequence: 1, id: "a", key: "t1"),
        ]
        let all: Set = ["t1"]
        #expect(TopicBooks(records: records).checkOnce(in: "r", expected: all, possible: all).isEmpty)
        let double = records + [SeenRecord(topic: "r", offset: 3, lane: 1, sequence: 9, id: "b", key: "t1")]
        #expect(TopicBooks(records: double).checkOnce(in: "r", expected: all, possible: all).count == 1)
        let stray = records + [SeenRecord(topic: "r", offset: 3, lane: 1, sequence: 9, id: "b", key: "x")]
        #expect(TopicBooks(records: stray).checkOnce(in: "r", expected: all, possible: all).count == 1)
        #expect(TopicBooks(records: []).checkOnce(in: "r", expected: all, possible: all) == ["r has nothing of t1"])
    }

    @Test func `a listener that missed, doubled or mixed up numbers is found, one that is behind is pending`() {
        func books(_ heard: SequenceBooks.Heard) -> Findings {
            SequenceBooks(name: "S", sent: ["k": 5], heard: ["k": heard]).check()
        }
        #expect(books(.init(last: 5)).violations.isEmpty && books(.init(last: 5)).isSettled)
        #expect(books(.init(last: 4)).pending == ["S of k: 4 of 5"])
        #expect(!books(.init(last: 5, faults: 1, firstFault: "4 came after 2")).violations.isEmpty)
        #expect(!books(.init(last: 6)).violations.isEmpty)
    }
}
