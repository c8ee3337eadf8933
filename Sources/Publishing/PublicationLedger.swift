import Kafka
import Synchronization

/// Which delivery report belongs to which row of which publication.
final class PublicationLedger: Sendable {
    fileprivate struct State {
        var nextTag: UInt64 = 0
        /// By first tag, ascending; publications settle nearly in this order.
        var open: [(first: UInt64, count: Int, remaining: Int, publication: KafkaPublication)] = []
        var reports: UInt64 = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Reserves `count` tags for a publication and returns the first.
    func open(_ publication: KafkaPublication, count: Int) -> UInt64 {
        state.withLock { state in
            let first = state.nextTag
            state.nextTag += UInt64(count)
            if count > 0 { state.open.append((first, count, count, publication)) }
            return first
        }
    }

    /// How many batches of reports have come; for `waitForReports`.
    var reportCount: UInt64 { state.withLock { $0.reports } }

    /// Returns once reports have come after the count `seen`, so that the producer's queue has room again.
    func waitForReports(after seen: UInt64) async {
        await withCheckedContinuation { continuation in
            let hasCome = state.withLock { state in
                if state.reports != seen { return true }
                state.waiters.append(continuation)
                return false
            }
            if hasCome { continuation.resume() }
        }
    }

    func settle(_ reports: [DeliveryReport]) {
        var settled: [(KafkaPublication, Int, KafkaError?)] = []
        let waiters = state.withLock { state in
            for report in reports {
                guard let index = State.index(of: report.tag, in: state.open) else { continue }
                let entry = state.open[index]
                settled.append((entry.publication, Int(report.tag - entry.first), report.error))
                state.open[index].remaining -= 1
                if entry.remaining == 1 { state.open.remove(at: index) }
            }
            state.reports += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for (publication, index, error) in settled { publication.settle(index, error: error) }
        for waiter in waiters { waiter.resume() }
    }

    /// Settles rows that were never handed over.
    func abandon(tags: Range<UInt64>, error: KafkaError) {
        settle(tags.map { DeliveryReport(tag: $0, partition: -1, offset: -1, error: error) })
    }

    /// Lets nobody wait for ever.
    func close() { settle([]) }
}

extension PublicationLedger.State {
    /// The publication that a tag belongs to, by binary search over first tags.
    fileprivate static func index(
        of tag: UInt64, in open: [(first: UInt64, count: Int, remaining: Int, publication: KafkaPublication)]
    ) -> Int? {
        var low = 0
        var high = open.count
        while low < high {
            let middle = (low + high) / 2
            if open[middle].first <= tag { low = middle + 1 } else { high = middle }
        }
        guard low > 0, tag < open[low - 1].first + UInt64(open[low - 1].count) else { return nil }
        return low - 1
    }
}
