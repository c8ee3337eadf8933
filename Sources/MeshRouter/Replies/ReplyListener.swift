import Kafka
import MeshCore
package import Outbox
import Synchronization

/// Reads this router's partition of `mesh.replies` and hands each answer to the call that waits for it.
///
/// The partition is leased, so that no two routers read one; without a lease there is no `partition`, and calls that
/// want to wait are refused.
package final class ReplyListener: Sendable {
    package struct Configuration: Sendable {
        package var owner: String
        package var lease: Duration

        package init(owner: String, lease: Duration) {
            self.owner = owner
            self.lease = lease
        }
    }

    private struct State {
        var partition: Int32?
        var problem: String? = "the router is starting"
        var complaint = ReplyComplaint()
    }

    private let configuration: Configuration
    private let store: any IngressStore
    private let source: any ReplySource
    private let waiting: WaitingCalls
    private let metrics: RouterMetrics
    private let routing: @Sendable () -> Routing
    private let state = Mutex(State())
    private let log = Log("router")

    /// `routing` tells how many partitions `mesh.replies` has, once it stands ready, and when a broker has lost it.
    package init(
        _ configuration: Configuration, store: any IngressStore, source: any ReplySource, waiting: WaitingCalls,
        metrics: RouterMetrics, routing: @escaping @Sendable () -> Routing
    ) {
        self.routing = routing
        self.configuration = configuration
        self.store = store
        self.source = source
        self.waiting = waiting
        self.metrics = metrics
    }

    /// Where answers to this router go (`mesh_reply_to`); nil while it has no partition.
    package var partition: Int32? { state.withLock { $0.partition } }
    /// Why there is no partition.
    package var problem: String? { state.withLock { $0.problem } }

    /// Leases and reads until the task is cancelled, across every failure of Postgres and Kafka.
    package func run() async {
        var wait = Duration.milliseconds(50)
        let start = ContinuousClock.now
        while !Task.isCancelled {
            do {
                try await serve { wait = .milliseconds(50) }
            } catch {
                if Task.isCancelled { return }
                // A router makes the topics when it starts; that they aren't there yet is no news then.
                let isBeginning = start.duration(to: .now) < ReplyComplaint.patience
                report("\(error)", isExpected: isBeginning && (error as? MeshError)?.message == Self.notReady)
            }
            try? await Task.sleep(for: wait)
            wait = min(wait * 2, .seconds(1))
        }
    }

    private static let notReady = "the topic \(Topics.replies) isn't ready yet"

    private func report(_ problem: String, isExpected: Bool) {
        let isNews = state.withLock { state in
            state.partition = nil
            state.problem = problem
            return state.complaint.isNews(problem, isExpected: isExpected)
        }
        if isNews { log.warning("answers can't be received: \(problem); waiting for it to pass") }
    }

    private func serve(_ begins: () -> Void) async throws {
        let routing = routing()
        guard let count = routing.partitions[Topics.replies] else {
            throw MeshError(.providerUnavailable, Self.notReady, retryable: true)
        }
        guard
            let lease = try await store.leaseReplies(
                owner: configuration.owner, partitions: count, lease: configuration.lease)
        else {
            throw MeshError(
                .resourceExhausted,
                "all \(count) partitions of \(Topics.replies) are leased by other routers; stop one, or raise the partition count"
            )
        }
        var failure: (any Error)?
        do {
            let partition = TopicPartition(Topics.replies, lease.partition)
            // The end is asked for first: an answer that comes while the reader connects isn't missed. What stands before it answered
            // calls of an earlier life of this partition.
            let reader = try source.read(partition, from: try await source.end(of: partition)) { [self] in take($0) }
            state.withLock { $0 = State(partition: lease.partition, problem: nil) }
            log.info("receiving answers", ["partition": "\(lease.partition)"])
            begins()
            failure = await keep(lease, reader, routing.brokerEpoch)
            state.withLock { $0 = State(partition: nil, problem: failure.map { "\($0)" }) }
            await reader.close()
        } catch {
            failure = error
        }
        // In a task of its own: this one may be cancelled, and the store would refuse it.
        await Task { [store] in try? await store.releaseReplies(lease) }.value
        if let failure { throw failure }
    }

    /// Renews the lease until it is lost or the task is cancelled; starts anew in a topic that a broker had lost.
    ///
    /// The reader can't tell: the embedded broker takes an offset beyond the end of its new log for one that is yet to come.
    private func keep(
        _ lease: ReplyLease, _ reader: any ReplyReader, _ brokerEpoch: Int64
    ) async -> (any Error)? {
        var brokerEpoch = brokerEpoch
        var renewed = ContinuousClock.now
        var tried = ContinuousClock.now
        while true {
            do { try await Task.sleep(for: min(configuration.lease / 5, .milliseconds(100))) } catch { return nil }
            let epoch = routing().brokerEpoch
            if epoch != brokerEpoch {
                brokerEpoch = epoch
                reader.startOver()
            }
            guard tried.duration(to: .now) >= configuration.lease / 5 else { continue }
            tried = .now
            do {
                try await store.renewReplies(lease, for: configuration.lease)
                renewed = .now
            } catch {
                guard error.isPassing, renewed.duration(to: .now) < configuration.lease else { return error }
            }
        }
    }

    private func take(_ records: [KafkaRecord]) {
        var delivered = 0
        var unawaited = 0
        var malformed = 0
        for record in records {
            guard let (id, outcome) = Reply.read(record) else {
                malformed += 1
                continue
            }
            if waiting.resolve(id, outcome) { delivered += 1 } else { unawaited += 1 }
        }
        metrics.countReplies(delivered: delivered, unawaited: unawaited, malformed: malformed)
    }
}
