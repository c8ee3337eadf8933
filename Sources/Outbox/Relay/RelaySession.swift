import MeshCore
import Synchronization

/// The relay's work under one lease: tasks that tick, await acknowledgements, renew the lease, and send what was to be sent later; the first failure ends all.
final class RelaySession: Sendable {
    private struct Handed: Sendable {
        var rows: [OutboxRow]
        var bytes: Int
        var publication: any LanePublication
    }

    private struct Progress {
        var acknowledged: Int64
        var inFlight = 0
        var inFlightBytes = 0
        /// The last sequence that was handed over, and how many ticks have ended.
        var handed: Int64 = 0
        var ticks = 0
        var failure: (any Error)?
        /// In the order of the lane; the first is being awaited.
        var pending: [Handed] = []
    }

    private let configuration: RelayConfiguration
    private let store: any RelayStore
    private let lease: RouterLane
    private let publisher: any ClosableLanePublisher
    private let patience: TopicPatience
    private let progress: Mutex<Progress>
    private let news: AsyncStream<Void>
    private let tell: AsyncStream<Void>.Continuation

    init(
        _ configuration: RelayConfiguration, _ store: any RelayStore, _ lease: RouterLane,
        _ publisher: any ClosableLanePublisher,
        _ patience: TopicPatience
    ) {
        self.configuration = configuration
        self.store = store
        self.lease = lease
        self.publisher = publisher
        self.patience = patience
        progress = Mutex(Progress(acknowledged: lease.lane.acknowledgedSequence))
        (news, tell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// All messages up to here are safe in the log.
    var acknowledged: Int64 { progress.withLock { $0.acknowledged } }

    /// What ended it.
    var failure: (any Error)? { progress.withLock { $0.failure } }

    /// Works until something fails or the task is cancelled; `failure` tells which.
    func run() async {
        do { try await work() } catch { progress.withLock { $0.failure = error } }
    }

    private func work() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.tick() }
            group.addTask { try await self.awaitAcknowledgements() }
            group.addTask { try await self.renew() }
            group.addTask { try await self.sendDue() }
            // Whichever of them ends first, and be it in order, since all were cancelled.
            let first = await group.nextResult()
            group.cancelAll()
            // Only this lets go of a task that waits for the log. What was handed over is still wanted: an acknowledgement that
            // comes now saves publishing it again.
            await publisher.close(flushing: .seconds(3))
            try first?.get()
        }
    }

    private func renew() async throws {
        while true {
            try await Task.sleep(for: min(configuration.lease / 4, .seconds(1)))
            try await store.renew(lease, acknowledged: acknowledged, configuration.lease)
        }
    }

    private func awaitAcknowledgements() async throws {
        for await _ in news { try await settle() }
        // Cancelled: the publisher is being closed, and what was in flight gets its outcome now.
        try await settle()
    }

    private func settle() async throws {
        while let batch = progress.withLock({ $0.pending.first }) {
            try await batch.publication.acknowledged()
            let refusals = batch.publication.refusals
            try await bury(refusals)
            // One that has used the patience up doesn't get it again with each batch: others wait in this lane.
            let missing = Set(refusals.lazy.filter(\.isTopicMissing).map(\.row.topic))
            patience.forget(batch.rows.lazy.map(\.topic).filter { !missing.contains($0) })
            progress.withLock { progress in
                progress.pending.removeFirst()
                progress.acknowledged = max(progress.acknowledged, batch.rows.last?.sequence ?? 0)
                progress.inFlight -= batch.rows.count
                progress.inFlightBytes -= batch.bytes
            }
        }
    }

    /// What the log will never take becomes a dead letter; a missing topic holds the lane up first.
    private func bury(_ refusals: [LaneRefusal]) async throws {
        if refusals.isEmpty { return }
        for refusal in refusals where refusal.isTopicMissing && !patience.isExhausted(refusal.row.topic) {
            throw TopicMissing(refusal: refusal)
        }
        try await store.bury(refusals, lease)
    }
}

extension RelaySession {
    private func tick() async throws {
        var cursor = try await recover()
        var quiet = 0
        while true {
            try Task.checkCancellation()
            try await waitForSpace()
            let count = try await next(&cursor)
            progress.withLock { $0.ticks += 1 }
            if count >= configuration.page / 2 { continue }
            quiet = count == 0 ? quiet + 1 : 0
            try await Task.sleep(for: configuration.pause(after: count, quiet: quiet))
        }
    }

    /// Makes the next tick, if there is something to deliver, and hands it over; how many messages it had.
    private func next(_ cursor: inout RelayCursor) async throws -> Int {
        let isDurable = try await store.isBrokerDurable()
        // What the janitor may forget: with a broker that forgets, only what was copied into the outbox.
        let done = isDurable ? acknowledged : cursor.nextSequence - 1
        guard var page = try await store.tick(&cursor, lease, done: done, page: configuration.page) else { return 0 }
        var count = 0
        while true {
            count += page.messages.count
            try await hand(over: page.messages, &cursor, above: 0, copying: !isDurable)
            if page.isLast { return count }
            try await waitForSpace()
            page = try await store.page(cursor.tick, after: page.end, limit: configuration.page)
        }
    }

    /// Gives messages their sequences and partitions and publishes those above a sequence.
    private func hand(over messages: [RelayedMessage], _ cursor: inout RelayCursor, above: Int64, copying: Bool)
        async throws
    {
        let topics = try await store.partitionCounts(of: messages)
        var rows: [OutboxRow] = []
        for message in messages {
            let sequence = cursor.nextSequence
            cursor.nextSequence += 1
            guard sequence > above else { continue }
            let partition = Partitioner.partition(
                of: message.message.key ?? message.message.id, count: topics[message.topic] ?? 1)
            rows.append(
                OutboxRow(sequence: sequence, topic: message.topic, partition: partition, message: message.message))
        }
        if rows.isEmpty { return }
        if copying { try await store.copy(rows, lease) }
        try await publish(rows)
    }

    private func publish(_ rows: [OutboxRow]) async throws {
        let publication = try await publisher.publish(rows, lane: lease.lane.id, epoch: lease.lane.epoch)
        let bytes = rows.reduce(0) { $0 + $1.message.data.count }
        progress.withLock { progress in
            progress.inFlight += rows.count
            progress.inFlightBytes += bytes
            progress.handed = max(progress.handed, rows.last?.sequence ?? 0)
            progress.pending.append(Handed(rows: rows, bytes: bytes, publication: publication))
        }
        tell.yield()
    }

    private func noteAcknowledged(_ sequence: Int64) -> Int64 {
        progress.withLock { progress in
            progress.acknowledged = max(progress.acknowledged, sequence)
            return progress.acknowledged
        }
    }

    private func waitForSpace() async throws {
        while progress.withLock({
            $0.inFlight >= configuration.maximumInFlight || $0.inFlightBytes >= configuration.maximumInFlightBytes
        }) {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Publishes again what the last relay may not have: first what was copied into the outbox, then the ticks from the first one needed on.
    private func recover() async throws -> RelayCursor {
        var last = acknowledged
        while true {
            let rows = try await store.unpublished(lease.lane.id, above: last, limit: configuration.page)
            guard let end = rows.last?.sequence else { break }
            try await waitForSpace()
            try await publish(rows)
            last = end
        }
        var cursor = RelayCursor()
        let isDurable = try await store.isBrokerDurable()
        for tick in try await store.recovery() {
            // What a tick says is safe was acknowledged to its relay, though it may not have come to store that.
            if isDurable { last = noteAcknowledged(tick.doneSequence) }
            cursor.tick = tick.number
            cursor.seen = tick.upTo
            cursor.nextSequence = tick.firstSequence
            var end = RelayPlace()
            while true {
                try await waitForSpace()
                let page = try await store.page(tick.number, after: end, limit: configuration.page)
                try await hand(over: page.messages, &cursor, above: last, copying: !isDurable)
                end = page.end
                if page.isLast { break }
            }
        }
        return cursor
    }
}

// MARK: - What was to be sent later

extension RelaySession {
    /// Puts it into the lane when it is due; the next tick has it.
    private func sendDue() async throws {
        var look = DelayedLook()
        try await waitForTick()
        while true {
            try await waitForLog()
            let start = look.start(at: .now)
            let due: DueSends
            do throws(StoreError) {
                due = try await store.sendDue(lease, from: start, most: configuration.delayedPage)
            } catch {
                guard error.isRetriable else { throw error }
                Log("relay").debug("what is due waits: \(error)")
                try await Task.sleep(for: configuration.delayedPause)
                continue
            }
            look.saw(due)
            if due.sent > 0 {
                try await waitForTick()
                continue
            }
            // What somebody is taking back just now is due, and not sent.
            let pause = max(due.nextIn ?? configuration.delayedPause, .milliseconds(5))
            try await Task.sleep(for: min(pause, configuration.delayedPause))
        }
    }

    /// Until all that is in the lane by now has been handed over.
    private func waitForTick() async throws {
        // The one that is being made may have begun before the last page was there.
        let ticks = progress.withLock { $0.ticks }
        while progress.withLock({ $0.ticks }) < ticks + 2 { try await Task.sleep(for: configuration.busyPause) }
    }

    /// Until what was handed over is safe in the log: whatever falls due at once must not stand in the way of what is sent at once, nor pile up
    /// where the lane is stuck.
    private func waitForLog() async throws {
        let handed = progress.withLock { $0.handed }
        while acknowledged < handed { try await Task.sleep(for: .milliseconds(2)) }
    }
}
