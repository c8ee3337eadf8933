internal import Embedded
internal import Foundation
internal import Synchronization

/// Does faults to a stage, and undoes what has to be undone.
final class FaultInjector: Sendable {
    /// The parts that only one fault at a time may take down.
    enum Part: Hashable, Sendable { case broker, postgres, disk, clock, fleet, deploy }

    let stage: Stage
    let witness: TopicWitness
    private let busy = Mutex<Set<Part>>([])
    private let edition = Mutex(0)
    /// How many faults need the broker left alone.
    private let keepers = Mutex(0)
    /// The broker's losses that everybody has come over.
    private let caughtUp = Mutex(0)
    private let done = Mutex<[FaultRecord]>([])

    init(_ stage: Stage, _ witness: TopicWitness) {
        self.stage = stage
        self.witness = witness
    }

    var records: [FaultRecord] { done.withLock { $0 } }

    func update(_ change: (inout [FaultRecord]) -> Void) { done.withLock { change(&$0) } }

    /// Kinds that this machine doesn't allow, each with the reason.
    func missing() -> [FaultKind: String] {
        var missing: [FaultKind: String] = [:]
        if let absence = stage.disk.absence {
            missing[.slowDisk] = absence
            missing[.fullDisk] = absence
        }
        if stage.clocks == nil {
            missing[.clockJump] = "libfalseclock.so isn't beside mesh-chaos (swift build --product falseclock)"
        }
        return missing
    }

    /// Does a fault, keeps it up, undoes it.
    func inject(_ fault: Fault, isAlone: Bool = false) async {
        let began = ContinuousClock.now
        var what: String?
        do {
            what = try await perform(fault)
        } catch {
            say("   fault \(fault.number) \(fault.kind.rawValue): \(error)")
        }
        let record = FaultRecord(
            fault: fault, isAlone: isAlone, what: what ?? "not done", began: began, ended: .now, wasDone: what != nil)
        done.withLock { $0.append(record) }
    }

    /// What was done to whom; nil where it couldn't be.
    private func perform(_ fault: Fault) async throws -> String? {
        switch fault.kind {
        case .workerKill: kill(pick(stage.fleet.runningWorkers, fault), fault)
        case .routerKill: kill(pick(stage.fleet.routers, fault), fault)
        case .relayKill: kill(pick(stage.fleet.relays, fault), fault)
        case .egressKill: kill(pick(stage.fleet.egresses, fault), fault)
        case .workerFreeze: await freeze(pick(stage.fleet.runningWorkers, fault), fault)
        case .routerFreeze: await freeze(pick(stage.fleet.routers, fault), fault)
        case .relayFreeze: await freeze(pick(stage.fleet.relays, fault), fault)
        case .egressFreeze: await freeze(pick(stage.fleet.egresses, fault), fault)
        case .strand: strand(fault)
        case .brokerKill: try await alone(.broker) { try await self.killBroker(fault) }
        case .brokerFreeze: try await alone(.broker) { await self.freezeBroker(fault) }
        case .postgresSessions: try await endSessions(fault)
        case .postgresKill: try await alone(.postgres) { try await self.killBackend() }
        case .postgresCrash: try await alone(.postgres) { try await self.crashPostgres(fault) }
        case .postgresFreeze: try await alone(.postgres) { try await self.freezePostgres(fault) }
        case .kafkaCut: cut(stage.kafkaProxy, fault)
        case .postgresCut: cut(stage.postgresProxy, fault)
        case .kafkaHalfOpen: await halfOpen(stage.kafkaProxy, fault)
        case .postgresHalfOpen: await halfOpen(stage.postgresProxy, fault)
        case .kafkaDelay: await delay(stage.kafkaProxy, fault)
        case .postgresDelay: await delay(stage.postgresProxy, fault)
        case .isolation: await isolate(fault)
        case .slowDisk: try await alone(.disk) { try await self.slowDisk(fault) }
        case .fullDisk: try await alone(.disk) { try await self.alone(.postgres) { try await self.fillDisk(fault) } }
        case .clockJump: try await alone(.clock) { try await self.jump(fault) }
        case .rollingRestart: try await alone(.fleet) { await self.restartAll() }
        case .deploy: try await alone(.deploy) { try await self.deploy() }
        case .poolMove: try await alone(.deploy) { try await self.movePool(fault) }
        case .undeploy: try await undeploy(fault)
        case .handlerChange:
            try await unheard(fault) { try await HandlerChange(stage: self.stage, fault: fault, package: $0).perform() }
        case .scale: try await alone(.fleet) { self.scale(fault) }
        }
    }

    /// Takes a part for itself; nil where another fault has it.
    private func alone(_ part: Part, _ body: () async throws -> String?) async throws -> String? {
        guard busy.withLock({ $0.insert(part).inserted }) else { return nil }
        defer { _ = busy.withLock { $0.remove(part) } }
        return try await body()
    }

    private func pick(_ slots: [ProcessSlot], _ fault: Fault) -> ProcessSlot? {
        let running = slots.filter { $0.pid != nil && !$0.isFrozen }
        return running.isEmpty ? nil : running[Int(fault.pick % UInt64(running.count))]
    }
}

// MARK: - Processes of the mesh

extension FaultInjector {
    private func kill(_ slot: ProcessSlot?, _ fault: Fault) -> String? {
        guard let slot else { return nil }
        slot.kill(hold: fault.hold)
        return "\(slot.name), away for \(fault.hold.text)"
    }

    private func freeze(_ slot: ProcessSlot?, _ fault: Fault) async -> String? {
        guard let slot else { return nil }
        slot.freeze()
        try? await Task.sleep(for: fault.hold)
        slot.thaw()
        return "\(slot.name) for \(fault.hold.text)"
    }

    /// One process stands still with what it holds until the others have done everything; there is always another one of its role.
    private func strand(_ fault: Fault) -> String? {
        let fleet = stage.fleet
        let roles = [fleet.runningWorkers, fleet.runningWorkers, fleet.routers, fleet.relays, fleet.egresses]
        let able = roles[Int(fault.pick / 8 % 5)].filter { !$0.isStranded }
        guard able.count > 1, let slot = pick(able, fault) else { return nil }
        slot.freeze(isStranded: true)
        return "\(slot.name), until the others are done"
    }

    private func isolate(_ fault: Fault) async -> String? {
        guard let slot = pick(stage.fleet.wanted, fault), let pid = slot.pid else { return nil }
        let until = ContinuousClock.now + fault.hold
        for proxy in [stage.kafkaProxy, stage.postgresProxy] { proxy.give(.isolate(pid, until)) }
        try? await Task.sleep(for: fault.hold)
        return "\(slot.name) for \(fault.hold.text)"
    }

    private func restartAll() async -> String? {
        let slots = stage.fleet.wanted
        var late = 0
        for slot in slots {
            guard let pid = slot.pid, !slot.isFrozen else { continue }
            slot.terminate(isOver: false)
            if await !slot.awaitEnd(of: pid, within: .seconds(12)) { late += 1 }
        }
        return "\(slots.count) processes, \(late) of them not ended after their drain"
    }

    private func scale(_ fault: Fault) -> String? {
        // One that is stranded does nothing.
        let least = 1 + stage.fleet.workers.count(where: \.isStranded)
        let count = max(least, 1 + Int(fault.pick % UInt64(Fleet.mostWorkers)))
        let before = stage.fleet.workers.count(where: \.isWanted)
        for (index, slot) in stage.fleet.workers.enumerated() {
            if index < count { slot.want() } else if slot.isWanted { slot.terminate(isOver: true) }
        }
        return "from \(before) to \(count) workers"
    }

    private func deploy() async throws -> String? {
        let next = edition.withLock { edition -> Int in
            edition = (edition + 1) % stage.packages.alike.count
            return edition
        }
        let outcome = try await stage.deploy(stage.packages.alike[next])
        let answer = outcome.exit == 0 ? "taken" : "exit \(outcome.exit): \(outcome.text.prefix(200))"
        return "edition \(next + 1): \(answer)"
    }

    private func movePool(_ fault: Fault) async throws -> String? {
        let package = inForce
        // Without an answer it may have been taken all the same.
        let isTaken = (try? await stage.deploy(package, pool: "nowhere").exit) == 0
        if isTaken { try? await Task.sleep(for: fault.hold) }
        // Nobody would ever run them again otherwise.
        let tries = try await stage.deployAtAnyRate(package)
        return isTaken ? "away for \(fault.hold.text), back at try \(tries)" : nil
    }

    /// The package that is deployed when nothing is done to it.
    private var inForce: String { stage.packages.alike[edition.withLock { $0 }] }

    private func undeploy(_ fault: Fault) async throws -> String? {
        // Other builds have left states that this one doesn't know all fields of, which a deploy gate names.
        let isForced = records.contains { $0.fault.kind == .handlerChange }
        let undeploy = { @Sendable [stage] package in
            Undeploy(stage: stage, fault: fault, package: package, isForced: isForced)
        }
        if undeploy(inForce).missesEvents { return try await unheard(fault) { try await undeploy($0).perform() } }
        return try await alone(.deploy) { try await beside(fault) { try await undeploy(inForce).perform() } }
    }

    /// Does what makes services deaf for a while. The broker is left alone until all have heard what came meanwhile: nobody else keeps it.
    private func unheard(_ fault: Fault, _ body: @escaping @Sendable (_ package: String) async throws -> String?)
        async throws -> String?
    {
        guard keepBroker() else { return nil }
        defer { releaseBroker() }
        let patience = stage.options.patience
        let what = try await alone(.deploy) {
            // Events from before a loss that nobody has noticed yet would be kept for those only who are there when it is.
            if witness.losses > caughtUp.withLock({ $0 }) { try await CatchUp(stage: stage).wait(within: patience) }
            return try await beside(fault) { try await body(inForce) }
        }
        guard let what else { return nil }
        let began = ContinuousClock.now
        try await CatchUp(stage: stage).wait(within: patience)
        caughtUp.withLock { $0 = witness.losses }
        return "\(what), caught up in \((ContinuousClock.now - began).text)"
    }

    /// Keeps faults from the broker, beside others who do; false where one has it.
    private func keepBroker() -> Bool {
        keepers.withLock { count in
            if count == 0, !busy.withLock({ $0.insert(.broker).inserted }) { return false }
            count += 1
            return true
        }
    }

    private func releaseBroker() {
        keepers.withLock { count in
            count -= 1
            if count == 0 { _ = busy.withLock { $0.remove(.broker) } }
        }
    }

    /// Does it while a worker or a router is killed, more often than not.
    private func beside(_ fault: Fault, _ body: () async throws -> String?) async throws -> String? {
        async let killing = killBeside(fault)
        let what = try await body()
        let killed = await killing
        return what.map { $0 + killed }
    }

    /// Kills a worker, a router or nobody within a second or the time that the fault is kept up; says whom.
    private func killBeside(_ fault: Fault) async -> String {
        let slots = [stage.fleet.runningWorkers, stage.fleet.routers, []][Int(fault.pick / 16 % 3)]
        let span = fault.pick % 2 == 0 ? .seconds(1) : fault.hold + .seconds(1)
        try? await Task.sleep(for: span * fault.strength)
        guard let slot = pick(slots, fault) else { return "" }
        slot.kill(hold: .milliseconds(Int(fault.pick / 64 % 2000)))
        return ", \(slot.name) killed after \((span * fault.strength).text)"
    }

    private func jump(_ fault: Fault) async throws -> String? {
        guard let clock = stage.clocks else { return nil }
        let seconds = Int((fault.strength - 0.5) * 7200)
        try clock.move(by: seconds)
        try? await Task.sleep(for: fault.hold)
        try clock.move(by: 0)
        return "worker-1 by \(seconds) s for \(fault.hold.text)"
    }
}

// MARK: - Servers

extension FaultInjector {
    private func killBroker(_ fault: Fault) async throws -> String? {
        await witness.stop()
        await stage.broker.kill()
        try? await Task.sleep(for: fault.hold)
        try await stage.broker.restart()
        witness.beginAnew()
        return "empty after \(fault.hold.text)"
    }

    private func freezeBroker(_ fault: Fault) async -> String? {
        stage.broker.suspend()
        try? await Task.sleep(for: fault.hold)
        stage.broker.resume()
        return "for \(fault.hold.text)"
    }

    private func endSessions(_ fault: Fault) async throws -> String? {
        let share = fault.strength < 0.5 ? 1.0 : 0.3
        let count = try await Psql.run(
            stage.database,
            """
            SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE datname = 'mesh' AND pid <> pg_backend_pid() AND random() < \(share)
            """)
        return "\(count.prefix { $0 != "\n" }) sessions"
    }

    private func killBackend() async throws -> String? {
        let pid = try await Psql.run(
            stage.database,
            "SELECT pid FROM pg_stat_activity WHERE datname = 'mesh' AND pid <> pg_backend_pid() LIMIT 1")
        guard let pid = Int32(pid.prefix { $0 != "\n" }) else { return nil }
        Foundation.kill(pid, SIGKILL)
        return "server process \(pid)"
    }

    private func crashPostgres(_ fault: Fault) async throws -> String? {
        await stage.postgres.kill()
        try? await Task.sleep(for: fault.hold)
        try await stage.postgres.restart()
        return "away for \(fault.hold.text)"
    }

    /// All its processes stand still; connections stay open.
    private func freezePostgres(_ fault: Fault) async throws -> String? {
        guard let server = stage.postgres.pid else { return nil }
        let processes = [server] + ProcessTable.children(of: server)
        for pid in processes { Foundation.kill(pid, SIGSTOP) }
        try? await Task.sleep(for: fault.hold)
        for pid in [server] + ProcessTable.children(of: server) + processes { Foundation.kill(pid, SIGCONT) }
        return "\(processes.count) processes for \(fault.hold.text)"
    }

    /// Stands still for most of the time, in turns.
    private func slowDisk(_ fault: Fault) async throws -> String? {
        guard stage.disk.absence == nil else { return nil }
        let end = ContinuousClock.now + fault.hold
        let pause = Duration.milliseconds(100 + Int(fault.strength * 900))
        var turns = 0
        while ContinuousClock.now < end {
            try await stage.disk.freeze()
            try? await Task.sleep(for: pause)
            try await stage.disk.thaw()
            try? await Task.sleep(for: .milliseconds(50))
            turns += 1
        }
        return "\(turns) times \(pause.text)"
    }

    /// No room for a while. Postgres may end over it, which is its right; then it is started when there is room again.
    private func fillDisk(_ fault: Fault) async throws -> String? {
        guard stage.disk.absence == nil else { return nil }
        try await stage.disk.fill(leaving: Int(fault.strength * 4e6))
        let end = ContinuousClock.now + fault.hold
        // Postgres has files in reserve. Half of the time it is made to use them up, so that it can't go on.
        var switches = 0
        while ContinuousClock.now < end {
            if fault.pick % 2 == 0, stage.postgres.isRunning,
                (try? await Psql.run(
                    stage.database, "SELECT pg_logical_emit_message(true, 'chaos', 'x'), pg_switch_wal()",
                    within: .seconds(1))) != nil
            {
                switches += 1
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
        stage.disk.empty()
        var result = "for \(fault.hold.text)\(switches > 0 ? ", the reserve used up" : "")"
        try? await Task.sleep(for: .milliseconds(300))
        if !stage.postgres.isRunning {
            try await stage.postgres.restart()
            result += ", Postgres ended and was started"
        }
        return result
    }
}

// MARK: - Connections

extension FaultInjector {
    private func cut(_ proxy: TCPProxy, _ fault: Fault) -> String? {
        let share = fault.strength < 0.3 ? 1 : fault.strength
        let isAbrupt = fault.pick % 2 == 0
        proxy.give(.cut(.some(share: share, seed: fault.pick), abruptly: isAbrupt))
        return "\(Int(share * 100)) % of \(proxy.connections), \(isAbrupt ? "reset" : "closed")"
    }

    private func halfOpen(_ proxy: TCPProxy, _ fault: Fault) async -> String? {
        let share = max(0.1, fault.strength)
        proxy.give(.freeze(.some(share: share, seed: fault.pick), .now + fault.hold))
        try? await Task.sleep(for: fault.hold)
        return "\(Int(share * 100)) % of \(proxy.connections) for \(fault.hold.text)"
    }

    private func delay(_ proxy: TCPProxy, _ fault: Fault) async -> String? {
        let amount = Duration.milliseconds(5 + Int(fault.strength * 150))
        proxy.give(.delay(amount, .now + fault.hold))
        try? await Task.sleep(for: fault.hold)
        return "\(amount.text) each way for \(fault.hold.text)"
    }
}

extension FaultInjector {
    /// Starts a server that has ended while no fault has it.
    func reviveServers() async {
        if !stage.postgres.isRunning {
            _ = try? await alone(.postgres) { [self] in
                say("   Postgres had ended; starting it")
                try await stage.postgres.restart()
                return nil
            }
        }
        if !stage.broker.isRunning {
            _ = try? await alone(.broker) { [self] in
                say("   the broker had ended by itself; starting it")
                await witness.stop()
                try await stage.broker.restart()
                witness.beginAnew()
                return nil
            }
        }
    }
}
