import Kafka
import MeshCore
import Outbox
import WasmWorker

/// One run of a plan: a mesh on a simulated clock, broker and database, and what must hold in it.
///
/// Unchecked: there is one thread.
final class Simulation: @unchecked Sendable {
    let plan: Plan
    let world: World
    let model: Model
    let database: SimDatabase
    let broker: SimBroker
    let guests: SimGuests
    let mutant: Mutant?

    var workers: [SimWorker?]
    var router: SimRouter?
    var relay: SimRelay?
    /// How many packages were deployed so far.
    var packages = 1
    /// Clients that wait, by their calls' ids.
    var openCalls: [String: OpenCall] = [:]
    /// Until when nobody reaches Postgres.
    var databaseAwayUntil: Int64 = 0
    /// What went wrong, how often.
    var performed: [String: Int] = [:]
    private var requests = 0
    private var produced = 0
    private var started = 0

    init(_ plan: Plan, mutant: Mutant? = nil, trace: Trace = Trace()) {
        self.plan = plan
        self.mutant = mutant
        world = World(seed: plan.seed, trace: trace)
        model = Model(plan, world: world)
        guests = SimGuests(plan)
        database = SimDatabase(
            world: world, model: model, topics: guests.listeners, isVolatile: plan.isVolatile, mutant: mutant)
        broker = SimBroker(world: world, model: model, partitions: plan.partitions, isVolatile: plan.isVolatile)
        workers = Array(repeating: nil, count: plan.workers)
    }

    /// The violation that was found, if one was.
    func run() -> Violation? {
        broker.create(guests.allTopics)
        for index in workers.indices { startWorker(index) }
        startRouter()
        startRelay()
        for submission in plan.submissions { world.at(World.epoch + submission.at) { self.submit(submission) } }
        for fault in plan.faults {
            if case .time(let time) = fault.trigger {
                world.at(World.epoch + time) { self.perform(fault, committer: nil) }
            }
        }
        keepHouse()
        let calm = World.epoch + plan.lastPlanned + 12_000_000
        world.run(until: calm) { model.violation != nil }
        // Nothing goes wrong any more: now everything has to come to its end.
        var patience = 0
        while model.violation == nil, patience < 60, incomplete != nil {
            world.run(until: world.now + 1_000_000) { model.violation != nil }
            patience += 1
        }
        if model.violation == nil, incomplete == nil {
            // What comes late must change nothing.
            world.run(until: world.now + 3_000_000) { model.violation != nil }
        }
        passMinute()
        if world.isExhausted { model.fail("I5", "there is no end to it: \(world.eventCount) events") }
        model.checkEnd(database, broker)
        if let unansweredCall { model.fail("I5", unansweredCall) }
        return model.violation
    }

    private var incomplete: String? { model.isIncomplete(database, broker) ?? unansweredCall }

    /// Schedules fire with each minute; right after that their calls are on their way.
    private func passMinute() {
        let since = world.now % 60_000_000
        if since < 10_000_000 { world.run(until: world.now + 10_000_000 - since) { self.model.violation != nil } }
    }

    // MARK: Processes

    func startWorker(_ index: Int) {
        started += 1
        let process = SimProcess("worker\(index).\(started)")
        let worker = SimWorker(process, self)
        workers[index] = worker
        world.note("started \(process.name)")
    }

    func startRouter() {
        started += 1
        router = SimRouter(SimProcess("router.\(started)"), self)
    }

    func startRelay() {
        started += 1
        relay = SimRelay(SimProcess("relay.\(started)"), self)
    }

    /// The janitor, and whoever helps a workflow that waits for a signal.
    private func keepHouse(round: Int = 1) {
        world.after(200_000) {
            self.database.sweep()
            if round % 10 == 0 { self.pokeWaiting() }
            self.keepHouse(round: round + 1)
        }
    }

    private func pokeWaiting() {
        for id in database.workflows.keys.sorted() {
            guard let row = database.workflows[id]?.row, row.status == .running,
                row.waitingFor?.contains("signal") ?? false
            else { continue }
            poke(id)
        }
    }

    // MARK: Requests to Postgres

    /// A statement or pipeline: it takes its time there and back, may fail on either way, and takes effect once or not at all.
    func request<Value: Sendable>(
        _ process: SimProcess, _ name: String, isCommit: Bool = false,
        _ body: @escaping () -> Result<Value, StoreError>
    ) async -> Result<Value, StoreError> {
        await withUnsafeContinuation { continuation in
            let faults = faultsOfRequest(isCommit: isCommit, isAccept: name == "accept")
            var there = world.duration(100...1500)
            var back = world.duration(100...1500)
            var isLost = world.now < databaseAwayUntil
            var isAnswerLost = false
            var isTransient = false
            var late: Int64 = 0
            for fault in faults {
                world.note("\(name) of \(process.name): \(fault.kind)")
                performed[fault.kind.name, default: 0] += 1
                switch fault.kind {
                case .requestLost: isLost = true
                case .answerLost: isAnswerLost = true
                case .requestLate(let time): late = time
                case .transient: isTransient = true
                case .slow(let time): there += time
                case .slowAnswer(let time): back += time
                default: break
                }
            }
            if late > 0 {
                world.after(there + late) {
                    if case .success = body(), isCommit { self.committed(by: process) }
                }
                isLost = true
            }
            world.after(there) {
                // Who says that nothing was written must know it.
                let isUnknown = isAnswerLost || late > 0 || self.world.chance(60)
                var result: Result<Value, StoreError> = .failure(
                    .connectionLost(message: "the connection is gone", outcomeUnknown: isUnknown))
                if isTransient {
                    result = .failure(.transient(message: "deadlock", sqlstate: "40P01"))
                } else if !isLost {
                    let done = body()
                    self.world.note("\(name) of \(process.name)\(done.problem)")
                    if isCommit, case .success = done { self.committed(by: process) }
                    if !isAnswerLost { result = done }
                }
                self.world.after(back, process) { continuation.resume(returning: result) }
            }
        }
    }

    private var commitsAsked = 0
    private var commitsDone = 0
    private var accepts = 0

    private func faultsOfRequest(isCommit: Bool, isAccept: Bool) -> [Fault] {
        requests += 1
        if isCommit { commitsAsked += 1 }
        if isAccept { accepts += 1 }
        return plan.faults.filter { fault in
            switch fault.kind {
            case .requestLost, .answerLost, .requestLate, .transient, .slow, .slowAnswer: break
            default: return false
            }
            return switch fault.trigger {
            case .request(let number): number == requests
            case .commit(let number): isCommit && number == commitsAsked
            case .accept(let number): isAccept && number == accepts
            case .time, .produce: false
            }
        }
    }

    /// A batch took effect, and nobody knows yet: the worst moment.
    private func committed(by process: SimProcess) {
        commitsDone += 1
        for fault in plan.faults {
            guard case .commit(let number) = fault.trigger, number == commitsDone else { continue }
            switch fault.kind {
            case .requestLost, .answerLost, .requestLate, .transient, .slow, .slowAnswer: continue
            default: perform(fault, committer: process)
            }
        }
    }

    /// What goes wrong with the next produce request.
    func nextProduceFault() -> Fault.Kind? {
        produced += 1
        let fault = plan.faults.first { fault in
            if case .produce(let number) = fault.trigger { number == produced } else { false }
        }
        if let fault { performed[fault.kind.name, default: 0] += 1 }
        return fault?.kind
    }
}

extension Result {
    /// For the trace: why it failed, if it did.
    fileprivate var problem: String { if case .failure(let error) = self { ": \(error)" } else { "" } }
}
