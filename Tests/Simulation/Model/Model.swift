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
    /// Calls by schedules, by the messages' ids, and those that took effect.
    private var scheduledCalls: [String: StateKey] = [:]
    private var scheduledEffects: Set<String> = []
    /// For when each schedule was planned first.
    private var firstDue: [StateKey: Timestamp] = [:]
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
        if let due = row.message.extensions.due, due.microseconds > world.now {
            fail("I5", "\(job) is published at \(world.elapsed), and is due \(due.iso8601)")
        }
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
                if job.hasPrefix(SimGuests.callPrefix) {
                    took(scheduledCall: String(job.dropFirst(SimGuests.callPrefix.count)))
                    continue
                }
                took(effect: Effect(service: write.key.service, job: job), key: write.key.key, batch.partition)
            }
        }
        checkMessages(of: batch, effects)
        for row in batch.outbox {
            if let job = job(of: row) { stamp(job, Stamp(lane: batch.lane, sequence: row.sequence)) }
        }
        for letter in batch.deadLetters { died(letter, batch.partition.group) }
        for write in batch.workflows { check(write, in: database) }
        checkSchedules(of: batch, in: database)
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
        var later: [String: [String]] = [:]
        func note(_ job: String?, in list: inout [String: [String]]) {
            guard let job, let parent = parent(of: job) else { return }
            list[parent.id, default: []].append(job)
            if case .flow = parent.kind {
                if !batch.workflows.contains(where: { $0.row.id.key == parent.key }) {
                    fail("I2", "\(job) was sent, and its workflow \(parent.id) not written")
                }
            } else if !effects.contains(parent.id) {
                fail("I2", "\(job) was sent, and \(parent.id), which sends it, took no effect")
            }
        }
        for row in batch.outbox { note(job(of: row), in: &sent) }
        for send in batch.delayedSends { note(SimGuests.id(in: send.message.data), in: &later) }
        for effect in effects {
            guard let spec = plan.jobs[effect], case .work = spec.kind else { continue }
            let delayed = spec.children.filter(isDelayed)
            let atOnce = spec.children.filter { !isDelayed($0) }
            let (now, then) = (sent[effect, default: []], later[effect, default: []])
            guard now != atOnce || then != delayed else { continue }
            fail("I2", "\(effect) took effect, and sent \(now), and later \(then), not \(atOnce), and \(delayed)")
        }
    }

    /// Whether whoever sends a job sends it later.
    private func isDelayed(_ job: String) -> Bool {
        guard let spec = plan.jobs[job], SimCode.due(of: job, at: Timestamp(microseconds: world.now)) != nil else {
            return false
        }
        if case .told = spec.kind { return false }
        return true
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
        // Whoever tells a workflow to go on may be too late.
        if letter.type?.hasSuffix("/poke") ?? false { return }
        guard let job = letter.payload.flatMap(SimGuests.id), let spec = plan.jobs[job] else {
            return fail("I5", "a dead letter of nobody's: \(letter.error.message)")
        }
        let effect = Effect(service: service, job: job)
        world.note("\(job) died in \(service): \(letter.error.message)")
        if !dies(spec) {
            fail("I5", "\(job), whose caller has its error, became a dead letter of \(service)")
        }
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

    // MARK: Schedules

    /// A schedule's call and the row that says so are written together, once for each minute.
    private func checkSchedules(of batch: BatchCommit, in database: SimDatabase) {
        var calls = batch.outbox.filter { row in SimGuests.schedules.contains { row.message.type == $0.callType } }
        for row in batch.schedules {
            let key = ScheduleRow.key(row.service, row.method)
            let before = database.schedules[key]
            let called = calls.filter { $0.message.type == key.callType }
            calls.removeAll { $0.message.type == key.callType }
            if firstDue[key] == nil { firstDue[key] = row.nextDue }
            if row.fired != (before?.fired ?? 0) + Int64(called.count) || called.count > 1 {
                fail("I2", "\(key) fired \(row.fired) times after \(before?.fired ?? 0), with \(called.count) calls")
            }
            guard let call = called.first, let due = row.lastDue else { continue }
            world.note("\(key) fires for \(due.iso8601) with \(call.message.id)")
            if let last = before?.lastDue, last >= due {
                fail("I1", "\(key) fired for \(due.iso8601) after \(last.iso8601)")
            }
            scheduledCalls[call.message.id] = key
        }
        if let call = calls.first { fail("I1", "\(call.message.id) is a call by no schedule that was written") }
    }

    private func took(scheduledCall id: String) {
        world.note("the scheduled call \(id) took effect")
        if scheduledCalls[id] == nil {
            fail("I2", "the scheduled call \(id) took effect without having been committed")
        }
        if !scheduledEffects.insert(id).inserted { fail("I1", "the scheduled call \(id) took effect twice") }
    }

    /// What isn't as it must be of the schedules; not to be asked right after a full minute.
    func incompleteSchedule(_ database: SimDatabase) -> String? {
        let minute = Timestamp(microseconds: world.now / 60_000_000 * 60_000_000)
        for key in SimGuests.schedules {
            guard let row = database.schedules[key], let next = row.nextDue, let first = firstDue[key] else {
                return "\(key) isn't planned"
            }
            if next <= minute { return "\(key) didn't fire at \(next.iso8601)" }
            if first <= minute, row.lastDue != minute, row.skipped == 0 {
                return "\(key) fired last for \(row.lastDue?.iso8601 ?? "no time"), not for \(minute.iso8601)"
            }
        }
        let open = scheduledCalls.keys.filter { !scheduledEffects.contains($0) }.min()
        return open.map { "the scheduled call \($0) took no effect" }
    }
}

extension StateKey {
    /// The type of the calls that the schedule with this key makes.
    fileprivate var callType: String { "\(service)/\(ScheduleRow.method(ofKey: key) ?? "")" }
}
