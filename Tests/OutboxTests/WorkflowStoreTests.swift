import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@Suite struct WorkflowStoreTests {
    private let place = PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: 3)
    private let noon = Timestamp(microseconds: 1_700_000_000_000_000)

    private func id(_ key: String) -> WorkflowID { WorkflowID(service: "shop.Orders", key: key) }

    private func row(_ key: String, next: Int64, status: WorkflowRow.Status = .running, at: Timestamp? = nil)
        -> WorkflowRow
    {
        let at = at ?? noon
        return WorkflowRow(
            id: id(key), method: "fulfil", status: status, run: 1, digest: "d1", version: "1.0.0", nextSequence: next,
            waitingFor: status.isOpen ? "signal approve" : nil, waitingSince: status.isOpen ? at : nil,
            parent: WorkflowID(service: "shop.Baskets", key: "b"), startedAt: at, updatedAt: at,
            endedAt: status.isOpen ? nil : at, result: status == .completed ? Array(#"{"a" :1}"#.utf8) : nil)
    }

    private func entry(_ sequence: Int64, _ kind: JournalEntry.Kind = .started, at: Timestamp? = nil) -> JournalEntry {
        JournalEntry(
            sequence: sequence, run: 1, kind: kind, op: 2, name: "shop.Payments/capture", label: "l", key: "k",
            request: Array(#"{"b":1, "a":"\u0000", "a":1e2}"#.utf8), result: Array("7".utf8), details: Array("[]".utf8),
            due: noon, attempt: 3, at: at ?? noon)
    }

    private func timer(_ key: String, due: Timestamp, op: Int32 = 1, kind: WorkflowTimer.Kind = .sleep) -> WorkflowTimer
    {
        WorkflowTimer(workflow: id(key), operation: WorkflowOperation(run: 1, op: op), kind: kind, due: due)
    }

    private func commit(
        _ store: PostgresPartitionStore, _ claim: inout PartitionClaim, _ change: (inout BatchCommit) -> Void
    ) async throws {
        var batch = claim.batch(place)
        change(&batch)
        try await store.commit(batch)
        claim.nextOffset = batch.nextOffset
    }

    @Test func `a workflow is read as it was written, byte for byte, with every kind of entry`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(place, owner: "a", logStart: 0)
            let entries = JournalEntry.Kind.allCases.enumerated().map { entry(Int64($0.offset + 1), $0.element) }
            let first = WorkflowWrite(
                row: row("o-1", next: Int64(entries.count + 1)), expectedSequence: 0, entries: entries)
            let second = WorkflowWrite(row: row("o-2", next: 2), expectedSequence: 0, entries: [entry(1)])
            try await commit(store, &claim) { $0.workflows = [second, first] }
            let wanted = [id("o-1"), id("none"), id("o-2")]
            let loaded = try await store.load(LoadRequest(partition: place, workflows: wanted))
            #expect(loaded.workflows[id("o-1")] == WorkflowRecord(row: first.row, journal: entries))
            #expect(loaded.workflows[id("o-2")] == WorkflowRecord(row: second.row, journal: [entry(1)]))
            #expect(loaded.workflows.count == 2)
            #expect(try await WorkflowStore(pool).records(wanted) == loaded.workflows)

            var ended = WorkflowWrite(row: row("o-2", next: 3, status: .completed), expectedSequence: 2, entries: [])
            ended.entries = [entry(2, .completed)]
            try await commit(store, &claim) { $0.workflows = [ended] }
            let record = try await store.load(LoadRequest(partition: place, workflows: [id("o-2")])).workflows
            #expect(record[id("o-2")] == WorkflowRecord(row: ended.row, journal: [entry(1), entry(2, .completed)]))
        }
    }

    @Test func `an error with characters that Postgres can't have in text spoils no question about workflows`()
        async throws
    {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(place, owner: "a", logStart: 0)
            let error = MeshError(
                .failedPrecondition, "zero \0", details: #"{"raw":"\u0000","half":"\ud800"}"#, applicationCode: "ODD")
            var failed = row("o-1", next: 2, status: .failed)
            failed.error = Array(error.json.utf8)
            let write = WorkflowWrite(row: failed, expectedSequence: 0, entries: [entry(1)])
            try await commit(store, &claim) { $0.workflows = [write] }
            let rows = try await pool.query(
                .oneOff("SELECT error ->> 'code', error ->> 'message', error -> 'details' ->> 'raw' FROM mesh.workflow")
            )
            #expect(try rows.first?.text(0) == "ODD")
            #expect(try rows.first?.text(1) == "zero \u{FFFD}")
            #expect(try rows.first?.text(2) == "\u{FFFD}")
        }
    }

    @Test func `a workflow that somebody else has changed is a conflict that names it, and nothing is written`()
        async throws
    {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(place, owner: "a", logStart: 0)
            try await commit(store, &claim) {
                $0.workflows = ["a", "b", "c"].map {
                    WorkflowWrite(row: row($0, next: 2), expectedSequence: 0, entries: [entry(1)])
                }
            }
            for (expected, conflicts) in [
                (["a": 2, "b": 3, "new": 0], ["b"]), (["a": 0, "c": 2, "gone": 5], ["a", "gone"]),
            ]
                as [([String: Int64], [String])]
            {
                var batch = claim.batch(place)
                batch.workflows = expected.map { key, expected in
                    WorkflowWrite(
                        row: row(key, next: expected + 1), expectedSequence: expected, entries: [entry(expected + 1)])
                }
                batch.timersAdded = [timer("a", due: noon)]
                let error = await #expect(throws: StoreError.self) { try await store.commit(batch) }
                guard case .stateConflict(let keys)? = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(Set(keys) == Set(conflicts.map(id)))
            }
            #expect(try await pool.value("SELECT count(*) FROM mesh.journal") == "3")
            #expect(try await pool.value("SELECT count(*) FROM mesh.timer") == "0")
        }
    }

    @Test func `timers come due in order, once, by partition, and without those of busy workflows`() async throws {
        var seed = Seed()
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            for round in 0..<12 as Range<Int32> {
                let place = PartitionID(group: place.group, topic: place.topic, partition: round)
                var claim = try await store.claim(place, owner: "a", logStart: 0)
                #expect(claim.nextTimerDue == nil)
                var model: Set<WorkflowTimer> = []
                for _ in 0..<12 {
                    let added = (0..<seed.integer(in: 0...8)).map { _ in randomTimer(&seed) }
                    let removed = model.filter { _ in seed.integer(in: 0...3) == 0 }
                    var batch = claim.batch(place)
                    batch.timersAdded = added
                    // One that isn't there does no harm.
                    batch.timersRemoved = Array(removed) + [timer("never", due: noon)]
                    try await store.commit(batch)
                    claim.nextOffset += 1
                    model = model.subtracting(removed).union(added)
                    let now = noon.advanced(by: .seconds(seed.integer(in: 0...20)))
                    let busy = Set((0..<seed.integer(in: 0...2)).map { id("w\($0)") })
                    let limit = seed.integer(in: 1...10)
                    let due = try await store.dueTimers(place, at: now, limit: limit, excluding: busy)
                    let expected = model.filter { $0.due <= now && !busy.contains($0.workflow) }
                    #expect(due.timers.count == min(limit, expected.count), "round \(round), \(seed)")
                    #expect(expected.isSuperset(of: due.timers))
                    #expect(due.timers.map(\.due) == expected.map(\.due).sorted().prefix(limit).map { $0 })
                    let next = model.map(\.due).filter { $0 > now }.min()
                    #expect(due.nextDue == (due.timers.count < limit ? next : now))
                }
                let again = try await store.claim(place, owner: "b", logStart: 0)
                #expect(again.nextTimerDue == model.map(\.due).min())
            }
        }
    }

    private func randomTimer(_ seed: inout Seed) -> WorkflowTimer {
        timer(
            "w\(seed.integer(in: 0...4))", due: noon.advanced(by: .seconds(seed.integer(in: 0...20))),
            op: Int32(seed.integer(in: 1...3)), kind: WorkflowTimer.Kind.allCases[seed.integer(in: 0...4)])
    }

    @Test func `looking for what is due costs the same beside a hundred thousand sleeping timers`() async throws {
        try await withStore { _, pool in
            // The second look, since the first of a session reads the catalog as well.
            _ = try await pagesOfLooking(pool)
            let alone = try await pagesOfLooking(pool)
            try await pool.execute(
                """
                INSERT INTO mesh.timer SELECT 'shop.Orders', 3, now() + n * interval '1 second', 'w' || n, 1, 1, 1, 'sleep'
                FROM generate_series(1, 100000) n
                """)
            _ = try await pagesOfLooking(pool)
            // The table has a thousand pages by now; the way down its index has grown by two or three.
            let beside = try await pagesOfLooking(pool)
            #expect(beside <= alone + 20, "\(alone) pages before")
        }
    }

    /// How many pages of tables and indexes a look at what is due reads.
    private func pagesOfLooking(_ pool: PostgresPool) async throws -> Int {
        let rows = try await pool.connections[0].query(
            .oneOff(
                """
                EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF)
                SELECT (SELECT count(*) FROM mesh.due_timers('shop.Orders', 3, now(), 10, ARRAY['x'])),
                    mesh.next_timer('shop.Orders', 3, now())
                """))
        let lines = try rows.map { try $0.text(0) }
        let buffers = try #require(lines.first { $0.contains("Buffers: shared") }, "\(lines)")
        return buffers.split(separator: " ").compactMap { word in
            word.split(separator: "=").last.flatMap { Int($0) }
        }.reduce(0, +)
    }

    @Test func `schedules are kept, and tell whether the workflow of the last call is open`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(place, owner: "a", logStart: 0)
            var schedule = ScheduleRow(
                service: "shop.Orders", method: "sweep", cron: "0 4 * * *", timezone: "Europe/Berlin", nextDue: noon)
            let key = ScheduleRow.key("shop.Orders", "sweep")
            func read() async throws -> LoadedSchedule? {
                try await store.load(LoadRequest(partition: place, schedules: [key])).schedules[key]
            }
            #expect(try await read() == nil)
            try await commit(store, &claim) { $0.schedules = [schedule] }
            #expect(try await read() == LoadedSchedule(row: schedule, isOpen: false))
            schedule.lastID = "sweep-1"
            schedule.lastDue = noon
            schedule.lastFiredAt = .now
            schedule.fired = 1
            try await commit(store, &claim) { $0.schedules = [schedule] }
            #expect(try await read() == LoadedSchedule(row: schedule, isOpen: true), "the call is on its way")
            try await commit(store, &claim) {
                $0.workflows = [WorkflowWrite(row: row("sweep-1", next: 2), expectedSequence: 0, entries: [entry(1)])]
            }
            #expect(try await read()?.isOpen == true)
            try await commit(store, &claim) {
                $0.workflows = [
                    WorkflowWrite(
                        row: row("sweep-1", next: 3, status: .completed), expectedSequence: 2, entries: [entry(2)])
                ]
            }
            #expect(try await read()?.isOpen == false)
            // A handler's call is open until it is done with; one that is parked, however long.
            schedule.lastFiredAt = Timestamp.now.advanced(by: .seconds(-300))
            schedule.lastID = key.key
            try await commit(store, &claim) { $0.schedules = [schedule] }
            #expect(try await read()?.isOpen == false, "nobody has heard of it for minutes")
            try await pool.execute(
                """
                INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source,
                    created_at, data, attempts)
                VALUES ('shop.Orders', 'shop.Orders', 3, 1, 'shop.Orders', 'sweep', '@schedule/sweep', 'm', 't', 's', now(), '{}', 0)
                """)
            #expect(try await read()?.isOpen == true)
            try await commit(store, &claim) { batch in
                batch.scheduledEnds = [key, key]
                batch.scheduledEndsAt = noon.advanced(by: .seconds(1_000_000_000))
            }
            #expect(try await read()?.isOpen == false)
            schedule.lastEndedAt = noon.advanced(by: .seconds(1_000_000_000))
            schedule.isPaused = true
            schedule.nextDue = nil
            schedule.lastFiredAt = noon
            schedule.lastID = "forgotten"
            try await commit(store, &claim) { $0.schedules = [schedule] }
            #expect(try await read() == LoadedSchedule(row: schedule, isOpen: false))
        }
    }

    @Test func `timers move with their keys to another partition count, once nothing is under way`() async throws {
        try await withStore { _, pool in
            var seed = Seed()
            let keys = (0..<300).map { _ in
                String((0..<seed.integer(in: 0...20)).map { _ in "aZ0/-ü€😀".randomElement(using: &seed) ?? "a" })
            }
            for key in keys {
                let text = key.replacing("'", with: "''")
                #expect(
                    try await pool.value("SELECT mesh.partition_of('\(text)', 12)")
                        == "\(Partitioner.partition(of: key, count: 12))", "\(key), \(seed)")
            }
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(place, owner: "a", logStart: 0)
            try await commit(store, &claim) { batch in
                batch.timersAdded = (0..<100).map { timer("w\($0)", due: noon) }
                batch.logEnd = 1
                batch.acknowledgedSequence = batch.nextSequence - 1
            }
            try await pool.execute("UPDATE mesh.position SET log_end = next_offset + 1")
            await #expect(throws: (any Error).self) { try await pool.execute("SELECT mesh.change_partitions(8, 'me')") }
            #expect(try await pool.value("SELECT mesh.setting_value('partitions')") == "16")
            try await pool.execute(
                "INSERT INTO mesh.worker (id, kind, incarnation, host, pid) VALUES ('w1', 'worker', 'i', 'h', 1)")
            let error = await #expect(throws: PostgresError.self) {
                try await pool.execute(
                    "UPDATE mesh.position SET log_end = next_offset; SELECT mesh.change_partitions(8, 'me')")
            }
            #expect(error?.message.contains("processes of the mesh are alive: worker w1") == true, "\(error as Any)")
            try await pool.execute("UPDATE mesh.worker SET seen_at = now() - interval '20 seconds'")
            try await pool.execute(
                "UPDATE mesh.position SET log_end = next_offset; SELECT mesh.change_partitions(8, 'me')")
            for row in try await pool.rows("SELECT id, partition FROM mesh.timer") {
                let parts = row.dropFirst().dropLast().split(separator: ",")
                #expect(parts[1] == "\(Partitioner.partition(of: String(parts[0]), count: 8))")
            }
            #expect(try await pool.value("SELECT count(*) FROM mesh.timer") == "100")
            #expect(try await pool.value("SELECT max(next_offset) FROM mesh.position") == "0")
            // Whoever owned a partition before is fenced.
            await #expect(throws: (any Error).self) { try await store.commit(claim.batch(place)) }
        }
    }

    @Test func `the packages of open workflows are known`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(place, owner: "a", logStart: 0)
            try await commit(store, &claim) { batch in
                batch.workflows = (0..<20).map { index in
                    var row = row("w\(index)", next: 2, status: index % 4 == 3 ? .failed : .running)
                    row.digest = "d\(index % 4)"
                    row.id.service = index % 4 == 2 ? "shop.Other" : "shop.Orders"
                    return WorkflowWrite(row: row, expectedSequence: 0, entries: [entry(1)])
                }
            }
            #expect(
                try await WorkflowStore(pool).openDigests() == ["shop.Orders": ["d0", "d1"], "shop.Other": ["d2"]])
        }
    }
}
