import Outbox
import Testing

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
}
