import Kafka
import MeshCore
import Outbox

extension Model {
    /// What isn't as it must be in the end, the first of it; nil where all is well.
    func isIncomplete(_ database: SimDatabase, _ broker: SimBroker) -> String? {
        for job in rootJobs {
            if let missing = missing(job, database) { return missing }
        }
        if let row = database.parked.first { return "\(row.message.message.id) is parked still" }
        if let send = database.delayedSends.first {
            return "\(SimGuests.id(in: send.message.data) ?? "") waits to be sent still"
        }
        for (place, timers) in database.timers.sorted(by: { "\($0.key)" < "\($1.key)" }) {
            if let timer = timers.first(where: { $0.kind != .schedule }) {
                return "the timer \(timer.operation) of \(timer.workflow) in \(place) is there still"
            }
        }
        if let schedule = incompleteSchedule(database) { return schedule }
        for (topic, services) in database.topics.sorted(by: { $0.key < $1.key }) {
            for service in services {
                for partition in 0..<broker.partitions {
                    let place = PartitionID(group: service, topic: topic, partition: partition)
                    let end = broker.end(of: .init(topic, partition)) ?? 0
                    let position = database.positions[place]?.nextOffset ?? 0
                    if position != end { return "\(place) is at \(position) of \(end)" }
                }
            }
        }
        return nil
    }

    /// The last look at everything.
    func checkEnd(_ database: SimDatabase, _ broker: SimBroker) {
        if let missing = isIncomplete(database, broker) {
            for row in database.parked {
                world.note(
                    "parked in \(row.place): \(row.message.id) \(SimGuests.id(in: row.message.message.data) ?? "") of \(row.message.key), \(row.message.attempts) attempts, due \(row.message.due.map { "\($0)" } ?? "never")"
                )
            }
            fail("I5", missing)
        }
        for promise in promisesWithoutRoot { fail("I5", "\(promise) was accepted, and isn't stored") }
        var expected: Set<Effect> = []
        for job in rootJobs { collect(job, into: &expected) }
        for effect in done where !expected.contains(effect) {
            fail("I1", "\(effect.job) took effect in \(effect.service), though nothing led to it")
        }
        for record in database.workflows.values {
            let journal = record.journal
            if journal.map(\.sequence) != Array(1...Int64(max(1, journal.count))) {
                fail("I7", "the journal of \(record.row.id) has the sequences \(journal.map(\.sequence))")
            }
            var fired: Set<Int32> = []
            for entry in journal where entry.kind == .fired && !fired.insert(entry.op).inserted {
                fail("I1", "operation \(entry.op) of \(record.row.id) fired twice")
            }
        }
    }

    // MARK: What one job leads to

    private func services(of spec: JobSpec) -> [String] {
        switch spec.kind {
        case .work(let service): [service.rawValue]
        case .told(let service): service.listeners.map(\.rawValue)
        case .flow: []
        }
    }

    private func missing(_ job: String, _ database: SimDatabase) -> String? {
        guard let spec = plan.jobs[job] else { return "there is no \(job)" }
        if case .flow(let service, let steps) = spec.kind { return missing(spec, service, steps, database) }
        for service in services(of: spec) {
            let effect = Effect(service: service, job: job)
            if spec.fate.worksInTheEnd {
                if !done.contains(effect) { return "\(job) never took effect in \(service)" }
            } else if !dead.contains(effect), dies(spec) {
                return "\(job) never became a dead letter of \(service)"
            }
        }
        guard spec.fate.worksInTheEnd else { return nil }
        for child in spec.children { if let missing = missing(child, database) { return missing } }
        return nil
    }

    /// Whether what never works becomes a dead letter: a caller that waits is answered with an ordinary error, and a workflow has retries of its own.
    func dies(_ spec: JobSpec) -> Bool {
        switch (spec.caller, spec.fate) {
        case (nil, _), (_, .works), (_, .traps), (_, .poison), (.client, .retries): true
        case (_, .refuses), (.workflow, .retries): false
        }
    }

    private func missing(
        _ spec: JobSpec, _ service: JobSpec.Service, _ steps: [JobSpec.Step], _ database: SimDatabase
    ) -> String? {
        guard let record = database.workflows[WorkflowID(service: service.rawValue, key: spec.key)] else {
            return "\(spec.id) never began"
        }
        guard record.row.status == .completed else {
            return "\(spec.id) is \(record.row.status.rawValue), waiting for \(record.row.waitingFor ?? "nothing")"
        }
        for step in steps {
            switch step {
            case .local(let id):
                if !done.contains(Effect(service: service.rawValue, job: id)) { return "the step \(id) took no effect" }
            case .call(let id), .emit(let id), .send(let id), .race(let id, _):
                if let missing = missing(id, database) { return missing }
            case .fan(let ids):
                for id in ids { if let missing = missing(id, database) { return missing } }
            case .sleep, .receive: break
            }
        }
        return nil
    }

    private func collect(_ job: String, into effects: inout Set<Effect>) {
        guard let spec = plan.jobs[job], spec.fate.worksInTheEnd else { return }
        for service in services(of: spec) { effects.insert(Effect(service: service, job: job)) }
        for child in spec.children { collect(child, into: &effects) }
        guard case .flow(let service, let steps) = spec.kind else { return }
        for step in steps {
            switch step {
            case .local(let id): effects.insert(Effect(service: service.rawValue, job: id))
            case .call(let id), .emit(let id), .send(let id), .race(let id, _): collect(id, into: &effects)
            case .fan(let ids): for id in ids { collect(id, into: &effects) }
            case .sleep, .receive: break
            }
        }
    }
}
