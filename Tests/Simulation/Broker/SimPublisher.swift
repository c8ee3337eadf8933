import Kafka
import MeshCore
import Outbox
import Publishing

@testable import MeshRouter

/// A producer as the product's publisher uses one: per partition in order, one request at a time, sent again until it is answered.
///
/// Unchecked: there is one thread.
final class SimPublisher: LaneOutlet, ClosableLanePublisher, @unchecked Sendable {
    private struct Entry {
        var record: OutgoingRecord
        var row: OutboxRow
        var publication: SimPublication
    }

    private let process: SimProcess
    private let simulation: Simulation
    private var queues: [TopicPartition: [Entry]] = [:]
    private var sending: Set<TopicPartition> = []
    private(set) var isClosed = false
    private var closing: [UnsafeContinuation<Void, Never>] = []

    init(_ process: SimProcess, _ simulation: Simulation) {
        self.process = process
        self.simulation = simulation
    }

    private var world: World { simulation.world }

    func publish(_ rows: [OutboxRow], lane: Int64, epoch: Int64) async throws -> any LanePublication {
        // A full queue makes it wait.
        let delay = world.chance(5) ? world.duration(1000...30_000) : world.duration(5...300)
        await withUnsafeContinuation { continuation in
            world.after(delay, process) { continuation.resume() }
        }
        if isClosed { throw KafkaError(.closed, "the producer is closed") }
        let publication = SimPublication(count: rows.count)
        for row in rows {
            simulation.model.published(row, lane: lane)
            let place = TopicPartition(row.topic, row.partition)
            let record = OutgoingRecord(row, lane: lane, epoch: epoch)
            queues[place, default: []].append(Entry(record: record, row: row, publication: publication))
        }
        for place in Set(rows.map { TopicPartition($0.topic, $0.partition) }).sorted() { send(place) }
        return publication
    }

    private func send(_ place: TopicPartition) {
        guard !sending.contains(place), let queue = queues[place], !queue.isEmpty else { return }
        sending.insert(place)
        world.after(world.duration(50...3000), process) { self.request(place) }
    }

    /// Sends what is at the front, and sends it again where no answer comes: twice in the log then, if it got there.
    private func request(_ place: TopicPartition) {
        if isClosed { return }
        let entries = Array((queues[place] ?? []).prefix(Int(world.duration(1...8))))
        guard !entries.isEmpty else {
            sending.remove(place)
            return
        }
        let there = world.duration(100...2000)
        var late: Int64 = 0
        var isLost = false
        var isAnswerLost = false
        switch simulation.nextProduceFault() {
        case .acknowledgementLost: isAnswerLost = true
        case .produceLost: isLost = true
        case .producerLost:
            isLost = true
            fail()
        case .produceLate(let time):
            // Given up and sent again by its sender; it gets there all the same.
            isAnswerLost = true
            late = time
        default: break
        }
        let records = entries.map(\.record)
        if isLost || isAnswerLost { world.note("a produce request to \(place) goes wrong") }
        // What is on its way gets there whatever becomes of its sender.
        world.after(there + late) {
            let refusal = isLost ? .away : self.simulation.broker.append(records)
            if late > 0 { return }
            self.world.after(self.world.duration(100...2000), self.process) {
                self.answered(place, entries.count, refusal, isLost: isLost || isAnswerLost)
            }
        }
        if late > 0 {
            world.after(there + min(late, 300_000), process) {
                self.answered(place, entries.count, .away, isLost: true)
            }
        }
    }

    private func answered(_ place: TopicPartition, _ count: Int, _ refusal: SimBroker.Refusal?, isLost: Bool) {
        if isClosed { return }
        if isLost || refusal == .away {
            world.after(world.duration(20_000...200_000), process) { self.request(place) }
            return
        }
        let entries = Array((queues[place] ?? []).prefix(count))
        queues[place]?.removeFirst(entries.count)
        for entry in entries {
            let problem =
                refusal.map { _ in LaneRefusal(row: entry.row, reason: "there is no such topic", isTopicMissing: true) }
            entry.publication.settle(problem)
        }
        sending.remove(place)
        send(place)
        if queues.values.allSatisfy(\.isEmpty) { end() }
    }

    private func end() {
        let waiting = closing
        closing = []
        for continuation in waiting { continuation.resume() }
    }

    func close(flushing limit: Duration) async {
        if !isClosed, queues.values.contains(where: { !$0.isEmpty }), limit > .zero {
            await withUnsafeContinuation { continuation in
                closing.append(continuation)
                let time = limit.components.seconds * 1_000_000 + limit.components.attoseconds / 1_000_000_000_000
                world.after(time, process) { self.end() }
            }
        }
        guard !isClosed else { return }
        isClosed = true
        purge()
    }

    /// It takes nothing more, and a little later tells that what isn't answered is given up, whatever the broker has of it.
    private func fail() {
        guard !isClosed else { return }
        isClosed = true
        world.after(world.duration(100...300_000), process) { self.purge() }
    }

    private func purge() {
        for place in queues.keys.sorted() { for entry in queues[place] ?? [] { entry.publication.purge() } }
        queues = [:]
    }
}

/// A worker's producer, and after its failure another one.
///
/// Unchecked: there is one thread.
final class SimSharedPublisher: SharedLanePublisher, @unchecked Sendable {
    private let process: SimProcess
    private let simulation: Simulation
    private var current: SimPublisher

    init(_ process: SimProcess, _ simulation: Simulation) {
        self.process = process
        self.simulation = simulation
        current = SimPublisher(process, simulation)
    }

    func open() -> any LanePublisher {
        if current.isClosed { current = SimPublisher(process, simulation) }
        return current
    }
}

/// Rows on their way to the log.
///
/// Unchecked: there is one thread.
final class SimPublication: LanePublication, @unchecked Sendable {
    private var remaining: Int
    private(set) var refusals: [LaneRefusal] = []
    private var isPurged = false
    private var waiters: [UnsafeContinuation<Void, Never>] = []

    init(count: Int) { remaining = count }

    func acknowledged() async throws {
        if remaining > 0 {
            await withUnsafeContinuation { waiters.append($0) }
        }
        if isPurged { throw KafkaError(.purged, "the producer was closed before the record was safe") }
    }

    func settle(_ refusal: LaneRefusal?) {
        if let refusal { refusals.append(refusal) }
        remaining -= 1
        if remaining == 0 { resume() }
    }

    func purge() {
        isPurged = true
        remaining -= 1
        if remaining == 0 { resume() }
    }

    private func resume() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }
}
