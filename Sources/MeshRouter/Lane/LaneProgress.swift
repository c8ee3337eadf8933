import Outbox
import Synchronization

/// How far the lane's rows are safe in Kafka, and what is still on its way.
final class LaneProgress: Sendable {
    private struct State {
        var acknowledged: Int64
        var published: Int64
    }

    private let state: Mutex<State>
    private let pending: AsyncStream<(publication: any LanePublication, upTo: Int64)>
    private let continuation: AsyncStream<(publication: any LanePublication, upTo: Int64)>.Continuation

    init(acknowledged: Int64) {
        state = Mutex(State(acknowledged: acknowledged, published: acknowledged))
        (pending, continuation) = AsyncStream.makeStream()
    }

    /// All rows up to this sequence are safe.
    var acknowledged: Int64 { state.withLock { $0.acknowledged } }
    /// How many sequences were published and aren't known to be safe.
    var lag: Int64 { state.withLock { $0.published - $0.acknowledged } }

    /// Takes over a publication whose last row has the sequence `upTo`; publications come in order.
    ///
    /// Bounded by the producer's own queue, since a publication is handed over only after that has taken its records.
    func track(_ publication: any LanePublication, upTo sequence: Int64) {
        state.withLock { $0.published = max($0.published, sequence) }
        continuation.yield((publication, sequence))
    }

    /// No more publications come.
    func finish() { continuation.finish() }

    /// Records acknowledgements in order until `finish`; throws where one can't come any more.
    ///
    /// `refused` gets rows that Kafka will never take; they count as done, so that they don't hold up the lane.
    func run(refused: (RowsRefused) async throws -> Void) async throws {
        for await (publication, sequence) in pending {
            try await publication.acknowledged()
            let refusals = publication.refusals
            if !refusals.isEmpty {
                let refusal = RowsRefused(refusals: refusals)
                if refusal.isTopicMissing { throw refusal }
                try await refused(refusal)
            }
            state.withLock { $0.acknowledged = max($0.acknowledged, sequence) }
        }
    }
}
