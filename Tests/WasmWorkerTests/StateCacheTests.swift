import MeshCore
import Outbox
import Testing
import Wasm

@testable import WasmWorker

/// What a worker remembers of states, where two of its partitions write the same key.
@Suite struct StateCacheTests {
    private let key = StateKey(service: "bank.Accounts", key: "k")

    private func entry(_ version: Int64) -> StateEntry {
        StateEntry(version: version, data: version == 0 ? nil : Array("{\"version\":\(version)}".utf8))
    }

    /// The versions in the order in which they are noted (0: deleted), and what is known then; nil: it is read again.
    @Test(
        arguments: [
            ([6, 7], 7), ([7, 6], 7), ([0, 1], 1), ([1, 2, 3], 3),
            // Before or after the deletion? Versions begin anew.
            ([6, 0], nil), ([0, 6], nil),
        ] as [([Int64], Int64?)])
    func `an older version never takes the place of a newer one`(_ noted: [Int64], _ known: Int64?) {
        let cache = StateCache(bytesMax: 10_000)
        for version in noted { cache.store([(key, entry(version))]) }
        #expect(cache.entries(for: [key])[key]?.version == known)
    }

    /// The Kelvin sign and K, e with an accent in one scalar and in two: to Kafka and Postgres these are others.
    @Test(arguments: [("K1", "\u{212A}1"), ("caf\u{E9}", "cafe\u{301}"), ("a\u{323}\u{307}", "a\u{307}\u{323}")])
    func `keys that only look alike are two`(_ one: String, _ other: String) {
        #expect(one == other, "it is Swift that takes them for equal")
        let keys = [one, other].map { StateKey(service: "bank.Accounts", key: $0) }
        #expect(keys[0] != keys[1] && (keys[0] < keys[1]) != (keys[1] < keys[0]))
        let cache = StateCache(bytesMax: 10_000)
        cache.store([(keys[0], entry(3))])
        #expect(cache.entries(for: keys)[keys[1]] == nil)
        // Both new in one batch: two rows.
        let now = Timestamp(microseconds: 1_800_000_000_000_000)
        var builder = BatchBuilder(
            batch: BatchCommit(
                partition: PartitionID(group: "t.S", topic: "t.S", partition: 0), epoch: 1, expectedNextOffset: 0,
                nextOffset: 0, lane: 1, nextSequence: 1, acknowledgedSequence: 0),
            parkedCounts: [:], partitionCount: 4, parkedPerKeyMax: 3, now: now,
            generator: SystemRandomNumberGenerator())
        var states = RunStates()
        for key in keys { states[key] = .absent }
        for key in keys { builder.write(.set(Array("{}".utf8)), to: key, read: states) }
        #expect(builder.batch.stateWrites.map(\.key) == keys)
    }
}
