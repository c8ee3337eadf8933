import Kafka
import MeshCore
import Outbox

/// What should have happened, and whether it has: looked at with every commit, every record and at the end.
///
/// Unchecked: there is one thread.
final class Model: @unchecked Sendable {
    struct Stamp: Equatable {
        var lane: Int64
        var sequence: Int64
    }

    /// A service and a job of it.
    struct Effect: Hashable {
        var service: String
        var job: String
    }

    private struct Stream: Hashable {
        var service: String
        var topic: String
        var key: String
        var lane: Int64
    }

    let plan: Plan
    let world: World
    private(set) var violation: Violation?

    /// The epoch of each partition's last claim.
    private var epochs: [PartitionID: Int64] = [:]
    /// Under which lane and sequence each job was sent.
    private var stamps: [String: Stamp] = [:]
    /// Jobs that outsiders were told of, or that are stored.
    private var roots: Set<String> = []
    private var promises: Set<String> = []
    private(set) var done: Set<Effect> = []
    private(set) var dead: Set<Effect> = []
    /// Jobs that an operator had published again: they have other stamps, and come behind what was sent after them.
    private var redriven: Set<String> = []
    private var lastSequence: [Stream: Int64] = [:]
    private var lastOffset: [Stream: Int64] = [:]
    /// Where a job stands first in the log of its partition.
    private var firstOffset: [String: Int64] = [:]
    private var brokerLife = 1

    var rootJobs: [String] { roots.sorted() }
    var promisesWithoutRoot: [String] { promises.subtracting(roots).sorted() }

    init(_ plan: Plan, world: World) {
        self.plan = plan
        self.world = world
    }

    /// The first violation counts: what follows may be its consequence.
    func fail(_ invariant: String, _ text: String) {
        guard violation == nil else { return }
        violation = Violation(invariant: invariant, text: text, time: world.elapsed)
        world.note("VIOLATION \(invariant): \(text)")
    }

    func isPoisoned(_ state: [UInt8]) -> Bool {
        SimGuests.trail(state).contains { plan.jobs[$0]?.fate == .poison }
    }

    // MARK: What happens

    func claimed(_ id: PartitionID, epoch: Int64) { epochs[id] = epoch }

    /// A dead letter is no longer one of this service: it is handled there once more, and nowhere else.
    func redriven(_ message: Message, for service: String) {
        guard let job = SimGuests.id(in: message.data) else { return }
        world.note("\(job) is redriven for \(service)")
        dead.remove(Effect(service: service, job: job))
        redriven.insert(job)
    }

    /// It is durable, whoever knows it.
    func accepted(_ job: String) { roots.insert(job) }

    /// Somebody was told that it is durable.
    func promised(_ job: String) { promises.insert(job) }

    func buried(_ data: [UInt8], by service: String) {
        guard let job = SimGuests.id(in: data) else { return }
        fail("I5", "the log refused \(job), so \(service) made a dead letter of it")
    }

    /// The job of a message that is for a service; nil for answers, orders and dead letters' mirrors.
    private func job(of row: OutboxRow) -> String? {
        guard !row.topic.hasSuffix(".dead") else { return nil }
        return SimGuests.id(in: row.message.data)
    }

    /// Rows of a router's lane are stored.
    func stored(_ rows: [OutboxRow], lane: Int64) {
        for row in rows {
            guard let job = job(of: row) else { continue }
            roots.insert(job)
            stamp(job, Stamp(lane: lane, sequence: row.sequence))
        }
    }

    private func stamp(_ job: String, _ stamp: Stamp) {
        if let known = stamps[job], !redriven.contains(job) {
            fail(
                "I1",
                "\(job) was sent twice: as \(known.sequence) of lane \(known.lane) and as \(stamp.sequence) of lane \(stamp.lane)"
            )
        }
        stamps[job] = stamp
        world.note("\(job) is \(stamp.sequence) of lane \(stamp.lane)")
    }

    /// A row is handed to a producer.
    func published(_ row: OutboxRow, lane: Int64) {
        guard let job = job(of: row) else { return }
        let stamp = Stamp(lane: lane, sequence: row.sequence)
        world.note("\(job) is published as \(stamp.sequence) of lane \(lane)")
        if let known = stamps[job] {
            guard known != stamp, !redriven.contains(job) else { return }
            return fail("I1", "\(job) is published as \(stamp), and was as \(known)")
        }
        // The relay's sequences come from its ticks: the first time tells them.
        guard lane == 1 else { return fail("I2", "\(job) is published without having been committed") }
        stamps[job] = stamp
    }

    /// The log isn't what it was.
    func forgetOffsets() { firstOffset = [:] }

    /// A record stands in the log.
    func appended(_ record: KafkaRecord, life: Int) {
        if life != brokerLife {
            brokerLife = life
            forgetOffsets()
        }
        guard !record.topic.hasSuffix(".dead"), let job = record.value.flatMap(SimGuests.id) else { return }
        world.note("\(job) is record \(record.offset) of \(record.topic)[\(record.partition)]")
        if firstOffset[job] == nil { firstOffset[job] = record.offset }
    }

    // MARK: Commits

    /// Looks at a batch that takes effect now.
    func check(_ batch: BatchCommit, by process: String, in database: SimDatabase) {
        if let epoch = epochs[batch.partition], epoch != batch.epoch {
            fail(
                "I4",
                "\(process) committed for \(batch.partition) under epoch \(batch.epoch), which was claimed anew under \(epoch)"
            )
        }
        var effects: Set<String> = []
        for write in batch.stateWrites {
            let before = SimGuests.trail(database.state[write.key]?.data)
            let after = SimGuests.trail(write.data)
            guard after.starts(with: before) else {
                return fail("I2", "\(write.key) had \(before), and a commit made it \(after)")
            }
            for job in after.dropFirst(before.count) {
                effects.insert(job)
                took(effect: Effect(service: write.key.service, job: job), key: write.key.key, batch.partition)
            }
        }
        checkMessages(of: batch, effects)
        for row in batch.outbox {
            if let job = job(of: row) { stamp(job, Stamp(lane: batch.lane, sequence: row.sequence)) }
        }
        for letter in batch.deadLetters { died(letter, batch.partition.group) }
        for write in batch.workflows { check(write, in: database) }
    }

    private func took(effect: Effect, key: String, _ place: PartitionID) {
        let job = effect.job
        guard let spec = plan.jobs[job] else { return fail("I1", "nobody sent \(job)") }
        world.note("\(job) took effect in \(effect.service) on \(key)")
        if !done.insert(effect).inserted { fail("I1", "\(job) took effect twice in \(effect.service)") }
        if dead.contains(effect) { fail("I1", "\(job) took effect in \(effect.service), where it is a dead letter") }
        if !spec.fate.worksInTheEnd { fail("I1", "\(job) took effect, though its handler never works") }
        // A local step has no record.
        guard !spec.key.isEmpty, !redriven.contains(job) else { return }
        var stream = Stream(service: effect.service, topic: place.topic, key: key, lane: 0)
        if !plan.isVolatile, let offset = firstOffset[job] {
            if let last = lastOffset[stream], last > offset {
                fail("I3", "\(job) at offset \(offset) of \(place) took effect after \(last) of the same key \(key)")
            }
            lastOffset[stream] = offset
        }
        if let stamp = stamps[job] {
            stream.lane = stamp.lane
            if let last = lastSequence[stream], last > stamp.sequence {
                fail("I3", "\(job), \(stamp), took effect in \(place) after \(last) of the same key \(key)")
            }
            lastSequence[stream] = stamp.sequence
        }
    }

    /// What a job sends is written together with its effect, all of it and in its order.
    private func checkMessages(of batch: BatchCommit, _ effects: Set<String>) {
        var sent: [String: [String]] = [:]
        for row in batch.outbox {
            guard let job = job(of: row), let parent = parent(of: job) else { continue }
            sent[parent.id, default: []].append(job)
            if case .flow = parent.kind {
                if !batch.workflows.contains(where: { $0.row.id.key == parent.key }) {
                    fail("I2", "\(job) was sent, and its workflow \(parent.id) not written")
                }
            } else if !effects.contains(parent.id) {
                fail("I2", "\(job) was sent, and \(parent.id), which sends it, took no effect")
            }
        }
        for effect in effects {
            guard let spec = plan.jobs[effect], case .work = spec.kind, spec.children != sent[effect, default: []]
            else {
                continue
            }
            fail("I2", "\(effect) took effect and sent \(sent[effect, default: []]), not \(spec.children)")
        }
    }

    private func parent(of job: String) -> JobSpec? {
        var id = job[...]
        while let dot = id.lastIndex(of: ".") {
            id = id[..<dot]
            if let spec = plan.jobs[String(id)] { return spec }
        }
        return nil
    }

    private func died(_ letter: NewDeadLetter, _ service: String) {
        guard let job = letter.payload.flatMap(SimGuests.id), let spec = plan.jobs[job] else {
            return fail("I5", "a dead letter of nobody's: \(letter.error.message)")
        }
        let effect = Effect(service: service, job: job)
        world.note("\(job) died in \(service): \(letter.error.message)")
        if spec.fate.worksInTheEnd { fail("I5", "\(job) became a dead letter of \(service): \(letter.error.message)") }
        if !dead.insert(effect).inserted { fail("I1", "\(job) became a dead letter of \(service) twice") }
        if done.contains(effect) { fail("I1", "\(job) took effect in \(service), and became a dead letter") }
    }

    private func check(_ write: WorkflowWrite, in database: SimDatabase) {
        let id = write.row.id
        let before = database.workflows[id]?.row.nextSequence ?? 1
        let sequences = write.entries.map(\.sequence)
        if sequences != Array(before..<before + Int64(sequences.count)) {
            fail("I7", "the journal of \(id) goes on with \(sequences) behind \(before - 1)")
        }
        if let digest = database.workflows[id]?.row.digest, digest != write.row.digest {
            fail("I7", "\(id) began with the package \(digest) and goes on with \(write.row.digest)")
        }
        if write.row.status == .stuck {
            fail("I7", "\(id) is stuck: \(String(decoding: write.row.error ?? [], as: UTF8.self))")
        }
    }
}
