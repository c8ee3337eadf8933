internal import Foundation
internal import MeshCore

/// One run: rounds of work under faults, each until everything has settled and was checked; then the report.
package struct ChaosRun: Sendable {
    private let options: ChaosOptions
    private let folder: RunFolder
    private let stage: Stage
    private let witness: TopicWitness
    private let injector: FaultInjector
    private let prober: Prober
    private let log: WorkLog
    private let check: DatabaseCheck

    /// Runs it; the report, whose `violations` say whether the mesh kept its promises.
    package static func run(_ options: ChaosOptions) async throws -> ChaosReport {
        Log.configure(minimum: .error)
        let folder = try RunFolder(options)
        say("seed \(options.seed); logs, database and broker: \(folder.path)")
        let stage = try await Stage.start(options, folder)
        let run = ChaosRun(options, folder, stage)
        do {
            let report = try await run.whole()
            await stage.stop()
            if report.violations.isEmpty, !options.keeps { folder.remove() }
            return report
        } catch {
            await stage.stop()
            throw error
        }
    }

    /// What must be done when the process is told to end in the middle: its children die with it, its mount doesn't.
    package static func abandon(_ options: ChaosOptions) async {
        await DatabaseDisk.removeLeftovers(in: options.directory, isOwn: true)
    }

    private init(_ options: ChaosOptions, _ folder: RunFolder, _ stage: Stage) {
        self.options = options
        self.folder = folder
        self.stage = stage
        witness = TopicWitness(stage.kafka, partitions: options.partitions)
        injector = FaultInjector(stage, witness)
        prober = Prober(stage)
        log = WorkLog()
        check = DatabaseCheck(database: stage.database, log: log, witness: witness, outside: stage.outside)
    }

    private func whole() async throws -> ChaosReport {
        let fleet = Task { try await stage.fleet.run(workers: options.workers) }
        let servers = Task { await superviseServers() }
        defer {
            fleet.cancel()
            servers.cancel()
        }
        let missing = injector.missing().filter { options.kinds.contains($0.key) }
        for (kind, reason) in missing { say("   without \(kind.rawValue): \(reason)") }
        try await stage.deployAtLast()
        witness.start()
        let probing = Task { await prober.run() }
        var report = ChaosReport(options: options, folder: folder.path, missing: missing)
        var left = options.duration
        var number = 0
        if options.duration >= .seconds(240), !options.isMixedOnly {
            // Half of it one fault at a time, so that each kind's recovery is its own.
            number = 1
            let round = try await playAlone(options.duration / 2)
            left -= options.duration / 2
            report.rounds.append(round)
            report.violations += round.violations
        }
        while left > .zero, report.violations.isEmpty {
            number += 1
            let length = left < options.round * 1.5 ? left : options.round
            left -= length
            let round = try await playRound(number, length)
            report.rounds.append(round)
            report.violations += round.violations
        }
        probing.cancel()
        await complete(&report)
        if !report.violations.isEmpty { await Evidence(stage, witness, folder).keep() }
        return report
    }

    /// Starts servers that end without being asked to.
    private func superviseServers() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(200))
            await injector.reviveServers()
        }
    }
}

// MARK: - A round

extension ChaosRun {
    private func playRound(_ number: Int, _ length: Duration) async throws -> ChaosReport.Round {
        let began = ContinuousClock.now
        let first = injector.records.count + 1
        let kinds = options.kinds.filter { injector.missing()[$0] == nil }
        let plan = FaultPlan.make(
            seed: options.seed, round: number, kinds: kinds, duration: length, gap: options.gap, from: first)
        say("round \(number): \(length.text), \(plan.count) faults")
        let seen = await workUnderFaults(number, until: began + length) { await self.mix(plan) }
        return await conclude(number, length, from: first, seen)
    }

    /// A round in which each fault is recovered from before the next one is done.
    private func playAlone(_ length: Duration) async throws -> ChaosReport.Round {
        let began = ContinuousClock.now
        say("round 1: \(length.text), one fault at a time")
        let kinds = options.kinds.filter { injector.missing()[$0] == nil }
        let plan = FaultPlan.alone(seed: options.seed, kinds: kinds, times: 100)
        let seen = await workUnderFaults(1, until: began + length) {
            try? await Task.sleep(for: .seconds(3))
            for fault in plan {
                guard ContinuousClock.now < began + length, !Task.isCancelled else { return }
                let moment = ContinuousClock.now
                await injector.inject(fault, isAlone: true)
                let limit = ContinuousClock.now + .seconds(60)
                while prober.recovery(after: moment) == nil, ContinuousClock.now < limit, !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(50))
                }
                let recovery = prober.recovery(after: moment).map { ($0 - moment).text } ?? "not within a minute"
                for slot in stage.fleet.stranded { slot.rescue() }
                say("   \(fault.number) \(fault.kind.rawValue): recovered \(recovery)")
                // What came back only just, a lease or a session, should have settled.
                try? await Task.sleep(for: .seconds(2))
            }
        }
        return await conclude(1, length, from: 1, seen)
    }

    /// Heals, waits until everything is done, checks.
    private func conclude(_ number: Int, _ length: Duration, from first: Int, _ seen: [String]) async
        -> ChaosReport.Round
    {
        let calm = ContinuousClock.now
        await heal()
        var findings = Findings()
        findings.violations = seen
        if seen.isEmpty { findings = await settle(within: options.patience) }
        let settled = ContinuousClock.now - calm
        if findings.violations.isEmpty { findings.violations += await checkTopics() }
        note(recoveriesFrom: first)
        if findings.violations.isEmpty { findings.violations += await rescue() }
        say("round \(number): settled in \(settled.text), \(findings.violations.count) violations")
        for line in Findings.shortened(findings.violations) { say("   VIOLATION: \(line)") }
        return ChaosReport.Round(
            number: number, length: length, faults: injector.records.count + 1 - first, settling: settled,
            violations: findings.violations)
    }

    /// Work, faults and glances at the database until the round's time is over, or something is wrong.
    private func workUnderFaults(
        _ round: Int, until end: ContinuousClock.Instant, _ faults: @escaping @Sendable () async -> Void
    ) async -> [String] {
        let work = Task { await self.work(round) }
        let faults = Task { await faults() }
        var seen: [String] = []
        while ContinuousClock.now < end, seen.isEmpty {
            try? await Task.sleep(for: .seconds(2))
            seen = (try? await check.glance()) ?? []
        }
        if !seen.isEmpty { faults.cancel() }
        work.cancel()
        await faults.value
        await work.value
        return seen
    }

    /// Does the faults at their times, each kept up beside the others.
    private func mix(_ plan: [Fault]) async {
        let begin = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for fault in plan {
                try? await Task.sleep(until: begin + fault.at)
                if Task.isCancelled { break }
                say("   \(fault.number) \(fault.kind.rawValue)")
                group.addTask { await injector.inject(fault) }
            }
        }
    }

    private func work(_ round: Int) async {
        let shape = WorkShape(outside: stage.outside.url)
        // A session's unit is 2.3 things on average; a client's one.
        let sessions = 4
        let clients = 6
        let sessionPace = Duration.seconds(Double(sessions) * 2.3 / (Double(options.rate) * 0.75))
        let clientPace = Duration.seconds(Double(clients) / (Double(options.rate) * 0.25))
        let base = options.seed &* 7919 &+ UInt64(round) &* 104_729
        await withTaskGroup(of: Void.self) { group in
            let sql = SQLWork(database: stage.database, log: log, shape: shape)
            for index in 0..<sessions {
                group.addTask { await sql.run(session: index, seed: base &+ UInt64(index), pace: sessionPace) }
            }
            let http = HTTPWork(
                routers: stage.fleet.routerURLs, log: log, shape: shape, patience: options.patience)
            for index in 0..<clients {
                group.addTask { await http.run(number: index, seed: base &+ 100 &+ UInt64(index), pace: clientPace) }
            }
        }
    }

    /// Undoes what may still be in force, but for who is stranded.
    private func heal() async {
        for proxy in [stage.kafkaProxy, stage.postgresProxy] { proxy.give(.heal) }
        for slot in stage.fleet.all { slot.thaw() }
        try? await stage.disk.thaw()
        stage.disk.empty()
    }

    /// Wakes up who was stranded, and gives them time to do what they must not; what that was.
    private func rescue() async -> [String] {
        let stranded = stage.fleet.stranded
        guard !stranded.isEmpty else { return [] }
        say("   done without \(stranded.map(\.name).joined(separator: ", "))")
        for slot in stranded { slot.rescue() }
        try? await Task.sleep(for: .seconds(3))
        return await settle(within: options.patience).violations
    }

    /// Waits until everything that was accepted is done.
    private func settle(within limit: Duration) async -> Findings {
        let deadline = ContinuousClock.now + limit
        var findings = Findings()
        var last = ContinuousClock.now
        while true {
            do {
                findings = try await check.look()
            } catch {
                findings = Findings()
                findings.pending = ["the database can't be asked: \(error)"]
            }
            if findings.isSettled || !findings.violations.isEmpty { return findings }
            guard ContinuousClock.now < deadline else { break }
            if ContinuousClock.now - last > .seconds(10) {
                last = .now
                say("   waiting for \(findings.pending.count): \(findings.pending.prefix(3).joined(separator: "; "))")
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
        findings.violations += findings.pending.map { "not done within \(limit.text) after the last fault: \($0)" }
        return findings
    }

    private func checkTopics() async -> [String] {
        do {
            try await witness.catchUp(within: .seconds(30))
            return try await TopicCheck(database: stage.database, log: log).look(witness) + check.told()
        } catch {
            return ["\(error)"]
        }
    }

    private func note(recoveriesFrom first: Int) {
        injector.update { records in
            for index in records.indices where records[index].fault.number >= first {
                records[index].recovery = prober.recovery(after: records[index].began).map { $0 - records[index].began }
            }
        }
    }

    private func complete(_ report: inout ChaosReport) async {
        report.faults = injector.records
        report.endings = stage.fleet.endingsSoFar
        report.work = log.counts
        report.records = witness.books.records.count
        report.losses = witness.books.losses
        for ending in report.endings where ending.isCrash {
            report.violations.append("\(ending.name) crashed: \(ending.how)")
        }
        if let rows = try? await Psql.rows(
            stage.database,
            """
            SELECT (SELECT sum(next_seq) FROM mesh.lane), (SELECT count(*) FROM bank.receipts),
                (SELECT count(*) FROM mesh.workflow), (SELECT sum(number) FROM chaos.step), (SELECT sum(count) FROM chaos.book),
                mesh.setting_value('broker_epoch')
            """), let row = rows.first
        {
            let names = ["messages", "transfers", "workflows", "steps", "entries", "broker epoch"]
            report.numbers =
                zip(names, row).map { ($0, String($1)) } + [("calls to the outside", "\(stage.outside.visits.count)")]
        }
    }
}
