internal import Embedded
internal import Foundation
internal import MeshCore

/// A long run without faults at half of what the machine can do: does anything grow?
package struct SoakRun: Sendable {
    /// So far the load may run ahead of the mesh while the most is looked for.
    private static let leash = 3000

    private let options: ChaosOptions
    private let stage: Stage
    private let load: SoakLoad

    package static func run(_ options: ChaosOptions) async throws -> SoakReport {
        Log.configure(minimum: .error)
        let folder = try RunFolder(options)
        say("soak; logs, database and broker: \(folder.path)")
        let stage = try await Stage.start(options, folder)
        do {
            let report = try await SoakRun(options: options, stage: stage, load: SoakLoad(stage)).whole()
            await stage.stop()
            if !options.keeps { folder.remove() }
            return report
        } catch {
            await stage.stop()
            throw error
        }
    }

    private func whole() async throws -> SoakReport {
        try await Psql.run(
            stage.database,
            "UPDATE mesh.setting SET value = '1 minute' WHERE name = 'workflow_retention'")
        let fleet = Task { try await stage.fleet.run(workers: options.workers) }
        // As `wasmesh dev` does.
        let keeping = Task { await stage.broker.keepUp() }
        defer {
            fleet.cancel()
            keeping.cancel()
        }
        try await stage.deployAtLast()
        let working = Task { await load.run() }
        let most = try await findMost()
        say("the most: \(Int(most)) messages/s; half of it for \(options.duration.text)")
        load.set(messagesPerSecond: most / 6)
        var report = SoakReport(most: most, duration: options.duration)
        let begin = ContinuousClock.now
        _ = load.takeLatencies()
        var done = try await progress().done
        var last = begin
        let interval = max(.seconds(2), min(.seconds(15), options.duration / 120))
        while ContinuousClock.now - begin < options.duration {
            try await Task.sleep(for: interval)
            var sample = try await look(at: ContinuousClock.now - begin)
            let progress = try await progress()
            sample.rate = Double(progress.done - done) / (ContinuousClock.now - last).seconds
            sample.behind = Double(progress.sent - progress.done)
            (done, last) = (progress.done, .now)
            report.samples.append(sample)
            if report.samples.count % 10 == 0 {
                say(
                    "   \(sample.at.text): \(Int(sample.rate))/s, p99 \(Int(sample.p99)) ms, behind \(Int(sample.behind))"
                )
            }
        }
        report.brokerStarts = try await brokerEpoch() - 1
        working.cancel()
        await working.value
        keeping.cancel()
        await keeping.value
        return report
    }

    /// As fast as goes for half a minute, held back where the mesh falls behind; messages done in a second, of all three kinds.
    private func findMost() async throws -> Double {
        load.set(messagesPerSecond: nil)
        let begin = ContinuousClock.now
        var counted: (at: ContinuousClock.Instant, done: Int)?
        while ContinuousClock.now - begin < .seconds(30) {
            let progress = try await progress()
            load.hold(progress.sent - progress.done > SoakRun.leash)
            if counted == nil, ContinuousClock.now - begin > .seconds(10) { counted = (.now, progress.done) }
            try await Task.sleep(for: .milliseconds(100))
        }
        guard let counted else { return 0 }
        let rate = Double(try await progress().done - counted.done) / (ContinuousClock.now - counted.at).seconds
        load.set(messagesPerSecond: 1)
        load.hold(false)
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            let progress = try await progress()
            if progress.sent - progress.done < 50 { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        return rate
    }

    /// Rises each time the broker came back empty.
    private func brokerEpoch() async throws -> Int {
        let row = try await Psql.rows(stage.database, "SELECT mesh.setting_value('broker_epoch')").first?.first
        return row.flatMap { Int($0) } ?? 1
    }

    /// Messages sent and done: each step is one, and makes two more.
    private func progress() async throws -> (sent: Int, done: Int) {
        let rows = try await Psql.rows(
            stage.database,
            "SELECT (SELECT coalesce(sum(number), 0) * 3 FROM chaos.step), (SELECT coalesce(sum(last), 0) FROM bank.sequences)"
                + " + (SELECT coalesce(sum(last), 0) FROM bank.followers)")
        guard let row = rows.first, let sent = Int(row[0]), let done = Int(row[1]) else { return (0, 0) }
        return (sent, done)
    }

    private func look(at: Duration) async throws -> SoakSample {
        var sample = SoakSample(at: at)
        for slot in stage.fleet.all {
            guard let pid = slot.pid, let usage = ProcessTable.usage(of: pid) else { continue }
            sample.memory[slot.name] = Double(usage.kilobytes) / 1024
            sample.descriptors[slot.name] = Double(usage.descriptors)
        }
        if let pid = stage.broker.pid, let usage = ProcessTable.usage(of: pid) {
            sample.memory["broker"] = Double(usage.kilobytes) / 1024
            sample.descriptors["broker"] = Double(usage.descriptors)
        }
        for row in try await Psql.rows(stage.database, SoakRun.sizes) {
            sample.tables[String(row[0])] = (Double(row[1]) ?? 0) / 1_048_576
        }
        let (latencies, failures) = load.takeLatencies()
        let sorted = latencies.sorted()
        if !sorted.isEmpty {
            sample.p50 = sorted[sorted.count / 2]
            sample.p99 = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        }
        sample.failures = failures
        return sample
    }

    private static let sizes = """
        SELECT regexp_replace(relname, '_[0-9]+$', ''), sum(pg_total_relation_size(c.oid)) FROM pg_class c
        JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'mesh' AND relkind = 'r' GROUP BY 1 HAVING sum(pg_total_relation_size(c.oid)) > 0
        """
}
