import MeshCore
import Postgres
import TestSupport
import Testing

@testable import Outbox

/// Calls that wait in Postgres for their time.
@Suite struct `A call that is sent later` {
    private func send(_ text: String, in interval: String, key: String? = "k") -> String {
        "mesh.send('shop.Orders/place', \(key.map { "'\($0)'" } ?? "NULL"), '{\"n\":\"\(text)\"}', clock_timestamp() + interval '\(interval)')"
    }

    private func texts(_ log: RecordingLog) -> [String] {
        log.deduplicated.map {
            String($0.row.message.data.dropFirst(6).dropLast(2).map { Character(UnicodeScalar($0)) })
        }
    }

    /// The clock of the database can't be moved here, so their time comes to them.
    private func makeDue(_ pool: PostgresPool, where condition: String = "true") async throws {
        try await pool.execute("UPDATE mesh.delayed_send SET due = due - interval '1 year' WHERE \(condition)")
    }

    // MARK: From SQL

    @Test func `it comes when it is due, as what was sent, and not before`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                let before = Timestamp.now
                let id = try #require(try await pool.value("SELECT \(send("a", in: "2 s", key: nil))"))
                #expect(
                    try await pool.rows("SELECT topic, key, type, source, id = '\(id)' FROM mesh.delayed_send") == [
                        "(shop.Orders,\(id),shop.Orders/place,/sql,t)"
                    ])
                try await eventually { log.ids == [id] }
                #expect(before.advanced(by: .seconds(2)) <= .now)
                let message = try #require(log.deduplicated.first?.row.message)
                let due = try #require(message.extensions.due)
                #expect(due > before && due <= .now && message.time < due)
                #expect(message.key == id && message.type == "shop.Orders/place")
                #expect(try await pool.value("SELECT count(*) FROM mesh.delayed_send") == "0")
            }
        }
    }

    @Test func `those of one time come in the order in which they were sent, others by their times`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute(
                "SELECT mesh.send('shop.Orders/place', 'k', '{\"n\":\"late' || i || '\"}', '2000-01-01'::timestamptz + interval '50 years' + i / 4 * interval '-1 day') FROM generate_series(0, 11) i"
            )
            try await pool.execute("UPDATE mesh.delayed_send SET due = due - interval '60 years'")
            let log = RecordingLog()
            try await withRelay(pool, log, adjust: { $0.page = 5 }) { try await eventually { texts(log).count == 12 } }
            #expect(texts(log) == [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3].map { "late\($0)" })
        }
    }

    @Test func `one whose time has passed is sent at once, and one that is rolled back never`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            try await pool.execute(
                """
                BEGIN; SELECT \(send("gone", in: "0 s")); SELECT \(send("gone", in: "1 hour")); ROLLBACK;
                BEGIN; SELECT \(send("past", in: "-1 hour")); SAVEPOINT s; SELECT \(send("gone", in: "1 hour")); ROLLBACK TO s;
                SELECT \(send("kept", in: "1 hour")); SET CONSTRAINTS ALL IMMEDIATE; SELECT \(send("sealed", in: "2 hours")); COMMIT;
                """)
            #expect(try await pool.value("SELECT count(*) FROM mesh.delayed_send") == "2")
            try await makeDue(pool)
            let log = RecordingLog()
            try await withRelay(pool, log) { try await eventually { texts(log).count == 3 } }
            #expect(texts(log) == ["past", "kept", "sealed"])
        }
    }

    @Test func `mistakes are those of a call that is sent at once, and a time that never comes`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            for (call, message) in [
                ("mesh.send('shop.Orders/plce', 'k', '{}', now())", "no deployed service has the method"),
                ("mesh.send('shop.Orders/nightly', 'k', '{}'::jsonb, now() + interval '1 day')", "@scheduleOnly"),
                ("mesh.send('shop.Orders/place', 'k', '{}'::json, NULL)", "is due at no time"),
                ("mesh.send('shop.Orders/place', 'k', '{}', 'infinity')", "is due at infinity"),
                ("mesh.send('shop.Orders/place', 'k', '[]', now() + interval '1 day')", "object of its arguments"),
            ] {
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.query(.oneOff("SELECT \(call)"))
                }
                #expect(error?.message.contains(message) == true, "\(call): \(String(describing: error))")
            }
            #expect(try await pool.value("SELECT count(*) FROM mesh.delayed_send") == "0")
        }
    }

    @Test func `whoever sent it can take it back, until it is on its way`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let id = try #require(try await pool.value("SELECT \(send("a", in: "1 hour"))"))
            #expect(try await pool.value("SELECT mesh.cancel_send('\(id)')") == "true")
            #expect(try await pool.value("SELECT mesh.cancel_send('\(id)')") == "false")
            // What others put off is for operators to take back.
            _ = try await pool.value("SELECT \(send("theirs", in: "3 hours"))")
            try await pool.execute("UPDATE mesh.delayed_send SET source = '/shop.Mail', id = 'theirs'")
            #expect(try await pool.value("SELECT mesh.cancel_send('theirs')") == "false")
            try await pool.execute("DELETE FROM mesh.delayed_send")
            let admin = AdminStore(pool)
            let second = try #require(try await pool.value("SELECT \(send("b", in: "2 hours"))"))
            _ = try await pool.value("SELECT \(send("c", in: "1 hour"))")
            let list = try await admin.delayedSends(to: "shop.Orders", limit: 10)
            #expect(list.map(\.method) == ["shop.Orders/place", "shop.Orders/place"] && list.last?.id == second)
            #expect(try await admin.delayedSends(to: "shop.Other", limit: 10).isEmpty)
            #expect(try await admin.delayedSends(to: nil, limit: 1).count == 1)
            #expect(try await admin.cancelDelayedSend(second, by: "ada"))
            #expect(try await !admin.cancelDelayedSend(second, by: "ada"))
            #expect(
                try await pool.rows(
                    "SELECT actor, subject, details->>'method' FROM mesh.fact WHERE action = 'cancel' ORDER BY id DESC LIMIT 1"
                ) == ["(ada,\"delayed send \(second)\",shop.Orders/place)"])
        }
    }

    // MARK: Under the relay's lease

    @Test func `a relay that has lost its lease sends nothing, and nothing is sent twice`() async throws {
        try await withStore(connections: 3) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresRelayStore(pool)
            let first = try #require(try await store.claim("first", .seconds(10)))
            _ = try await pool.value("SELECT \(send("a", in: "1 hour"))")
            try await makeDue(pool)
            try await pool.execute("UPDATE mesh.lane SET owner = NULL, lease_until = NULL WHERE kind = 'sql'")
            let second = try #require(try await store.claim("second", .seconds(10)))
            await #expect(throws: StoreError.self) { try await store.sendDue(first, from: nil, most: 10) }
            #expect(try await pool.value("SELECT count(*) FROM mesh.outbox_sql") == "0")
            let sent = try await store.sendDue(second, from: nil, most: 10)
            #expect(sent.sent == 1 && sent.nextIn == nil)
            #expect(try await store.sendDue(second, from: nil, most: 10).sent == 0)
            #expect(try await pool.value("SELECT count(*) FROM mesh.outbox_sql") == "1")
            _ = try await pool.value("SELECT \(send("b", in: "1 hour"))")
            let next = try #require(try await store.sendDue(second, from: nil, most: 10).nextIn)
            #expect(next > .seconds(3590) && next <= .seconds(3600))
        }
    }

    @Test func `relays that die again and again send each once, in order`() async throws {
        try await withStore(connections: 3) { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await pool.execute(
                "SELECT mesh.send('shop.Orders/place', 'k', '{\"n\":\"' || lpad(i::text, 3, '0') || '\"}', now() + interval '500 ms' + i * interval '5 ms') FROM generate_series(1, 300) i"
            )
            for round in 0..<6 {
                log.fail(after: 20 + round * 7)
                try await withRelay(pool, log, owner: "relay-\(round)", adjust: { $0.page = 11 }) {
                    try await eventually("round \(round): \(texts(log).count)", within: .seconds(20)) {
                        texts(log).count >= (round + 1) * 50
                    }
                }
            }
            #expect(texts(log) == (1...300).map { $0 < 10 ? "00\($0)" : $0 < 100 ? "0\($0)" : "\($0)" })
            #expect(Set(log.ids).count == 300)
        }
    }

    @Test func `a restore sends again what may have been on its way, known by its id`() async throws {
        try await withStore(connections: 3) { _, pool in
            try await pool.execute(shopRoutes)
            let log = RecordingLog()
            try await withRelay(pool, log) {
                try await pool.execute("SELECT mesh.emit('order.placed', 'k', '1')")
                try await eventually { log.ids.count == 1 }
            }
            try await pool.execute("SELECT mesh.emit('order.placed', 'k', '2')")
            let due = try #require(try await pool.value("SELECT \(send("due", in: "1 hour"))"))
            let later = try #require(try await pool.value("SELECT \(send("later", in: "1 hour"))"))
            try await makeDue(pool, where: "id = '\(due)'")
            try await pool.execute("SELECT mesh.after_restore('me')")
            #expect(try await pool.rows("SELECT id FROM mesh.delayed_send") == ["(\(later))"])
            try await withRelay(pool, log, owner: "another") {
                try await eventually { log.ids.contains(due) }
                try await pool.execute("SELECT mesh.emit('order.placed', 'k', '3')")
                try await eventually { log.ids.count == 4 }
            }
            let doubt = try #require(
                try await pool.query(.oneOff("SELECT first_seq, last_seq FROM mesh.lane_doubt")).first)
            let sequences = log.entries.map(\.row.sequence)
            // What was in doubt is the last of it; what came since is behind.
            #expect(try doubt.int64(1) == sequences[2] && sequences[3] == sequences[2] + 1)
            #expect(log.entries[2].row.message.id == due)
        }
    }

    // MARK: From workers and routers

    @Test func `a worker's is written with its batch, or not at all`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(orders, owner: "w", logStart: 0).batch()
            let due = Timestamp.now.advanced(by: .seconds(60))
            var sent = message("m-1", type: "shop.Orders/place", key: "k", data: #"{"n":1}"#)
            sent.extensions = MessageExtensions(traceparent: "00-1", due: due, caller: "shop.Mail")
            var second = sent
            second.id = "m-2"
            batch.delayedSends = [sent, second].map { DelayedSend(due: due, topic: "shop.Orders", message: $0) }
            var fenced = batch
            fenced.epoch += 1
            let refused = fenced
            await #expect(throws: StoreError.self) { try await store.commit(refused) }
            #expect(try await pool.value("SELECT count(*) FROM mesh.delayed_send") == "0")
            try await store.commit(batch)
            #expect(
                try await pool.rows(
                    "SELECT id, key, headers::json->>'mesh_caller' FROM mesh.delayed_send ORDER BY number") == [
                        "(m-1,k,shop.Mail)", "(m-2,k,shop.Mail)",
                    ])
            try await pool.execute("UPDATE mesh.delayed_send SET due = now()")
            let log = RecordingLog()
            try await withRelay(pool, log) { try await eventually { log.ids == ["m-1", "m-2"] } }
            #expect(log.deduplicated.first?.row.message == sent)
        }
    }

    private func call(_ id: String, due: Timestamp?, key: String? = nil, keeps: Bool = false) -> IngressMessage {
        var sent = message(id, type: "shop.Orders/place", key: id)
        sent.extensions.due = due
        sent.extensions.keepsResult = keeps
        return IngressMessage(
            topic: "shop.Orders", partition: 1, message: sent,
            idempotency: key.map { Idempotency(scope: "shop.Orders/place", key: $0, bodyHash: SHA256.digest([1])) })
    }

    @Test func `a router's is decided with the others of its batch, and leaves a gap in the lane`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresIngressStore(pool)
            var lane = try await store.claimLane(owner: "r", lease: .seconds(10))
            let due = Timestamp.now.advanced(by: .seconds(3600))
            let outcomes = try await store.accept(
                [
                    call("a", due: nil), call("b", due: due, key: "k", keeps: true), call("c", due: nil),
                    call("d", due: due, key: "k"),
                ], lane: &lane, acknowledged: 0)
            guard case .accepted(let first) = outcomes[0], case .accepted(let third) = outcomes[2] else {
                Issue.record("\(outcomes)")
                return
            }
            #expect(outcomes[1] == .delayed && outcomes[3] == .repeated(callID: "b"))
            #expect(first.sequence == 1 && third.sequence == 3)
            #expect(
                try await store.unpublished(lane: lane.lane.id, above: 0, limit: 9).map(\.message.id) == ["a", "c"])
            #expect(try await pool.rows("SELECT id FROM mesh.delayed_send") == ["(b)"])
            // However long it takes: results that pend are forgotten after some days.
            try await pool.execute("DELETE FROM mesh.call_result")
            guard case .pending? = try await store.results(of: ["b"])["b"] else {
                Issue.record("it isn't known")
                return
            }
            // Nor is it forgotten between its time and its answer.
            var again = try await store.accept([call("e", due: due, keeps: true)], lane: &lane, acknowledged: 0)
            #expect(again.popLast() == .delayed)
            try await pool.execute("DELETE FROM mesh.call_result")
            try await makeDue(pool, where: "id = 'e'")
            #expect(try await pool.value("SELECT sent FROM mesh.put_due(clock_timestamp(), NULL, 9, 9)") == "1")
            guard case .pending? = try await store.results(of: ["e"])["e"] else {
                Issue.record("it was forgotten")
                return
            }
            #expect(try await AdminStore(pool).cancelDelayedSend("b", by: "ada"))
            guard case .done(let result, _)? = try await store.results(of: ["b"])["b"] else {
                Issue.record("whoever polls isn't told")
                return
            }
            #expect(result.status == .error && String(decoding: result.data, as: UTF8.self).contains("CANCELLED"))
        }
    }

    // MARK: What sees them

    @Test func `it counts as work that isn't done, and is checked against a new schema`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            for index in 0..<3 { _ = try await pool.value("SELECT \(send("\(index)", in: "1 hour"))") }
            let left = try await RegistryStore(pool).unfinishedWork(of: "shop.Orders")
            #expect(left?.delayed == 3 && left?.text == "3 delayed calls")
            let stored = StoredDataStore(pool)
            let page = try await stored.messages(.delayed, for: "shop.Orders", limit: 2)
            #expect(page.map { String(decoding: $0.data, as: UTF8.self) } == [#"{"n":"0"}"#, #"{"n":"1"}"#])
            let rest = try await stored.messages(
                .delayed, for: "shop.Orders", after: try #require(page.last?.place), limit: 2)
            #expect(rest.map(\.type) == ["shop.Orders/place"])
            #expect(try await stored.messages(.delayed, for: "shop.Mail", limit: 2).isEmpty)
            #expect(try await pool.value("SELECT messages FROM mesh.backlog WHERE what = 'delayed sends'") == "3")
        }
    }

    /// What applications write must not keep the janitor from emptying the tables behind the lane.
    @Test func `an application that puts a call off locks nothing of the outbox`() async throws {
        try await withStore(connections: 2) { url, pool in
            try await pool.execute(shopRoutes)
            let other = try PostgresConnection(PostgresConfiguration(url: url))
            defer { other.close() }
            try await other.script("BEGIN; SELECT \(send("a", in: "1 hour"))")
            #expect(
                try await pool.rows(
                    "SELECT DISTINCT relation::regclass::text FROM pg_locks WHERE relation::regclass::text LIKE 'mesh.outbox%'"
                )
                    == [])
            try await other.script("COMMIT")
            #expect(try await pool.value("SELECT count(*) FROM mesh.outbox_transaction") == "0")
        }
    }

    @Test func `what somebody is taking back holds up nothing else`() async throws {
        try await withStore(connections: 2) { url, pool in
            try await pool.execute(shopRoutes)
            let taken = try #require(try await pool.value("SELECT \(send("taken", in: "1 hour"))"))
            _ = try await pool.value("SELECT \(send("other", in: "2 hours"))")
            try await makeDue(pool)
            let other = try PostgresConnection(PostgresConfiguration(url: url))
            defer { other.close() }
            try await other.script("BEGIN; SELECT mesh.cancel_send('\(taken)')")
            let log = RecordingLog()
            try await withRelay(pool, log) {
                try await eventually { texts(log) == ["other"] }
                try await other.script("ROLLBACK")
                // It lies behind what was sent last, where it is looked only now and then.
                try await eventually(within: .seconds(30)) { texts(log) == ["other", "taken"] }
            }
        }
    }

    @Test func `a page has as many as it may, and as many bytes`() async throws {
        try await withStore { _, pool in
            try await pool.execute(shopRoutes)
            _ = try await pool.value(
                "SELECT count(mesh.send('shop.Orders/place', 'k', jsonb_build_object('n', i, 'x', repeat('x', 1000)), now() + i * interval '1 hour')) FROM generate_series(1, 9) i"
            )
            try await makeDue(pool)
            #expect(try await pool.value("SELECT sent FROM mesh.put_due(clock_timestamp(), NULL, 2, 1000000)") == "2")
            // The one with which the bound is passed goes, too.
            #expect(try await pool.value("SELECT sent FROM mesh.put_due(clock_timestamp(), NULL, 100, 2500)") == "3")
            #expect(
                try await pool.value("SELECT sent FROM mesh.put_due(clock_timestamp(), 'infinity', 100, 2500)") == "0")
            #expect(try await pool.value("SELECT sent FROM mesh.put_due(clock_timestamp(), NULL, 100, 1000000)") == "4")
            #expect(
                try await pool.value("SELECT string_agg(data::json->>'n', ',' ORDER BY id) FROM mesh.outbox_sql")
                    == "1,2,3,4,5,6,7,8,9")
        }
    }

    @Test func `looks begin a little before what was sent last, and at the beginning now and then`() {
        let now = ContinuousClock.now
        var look = DelayedLook()
        #expect(look.start(at: now) == nil)
        #expect(look.start(at: now + .seconds(1)) == nil)
        let due = Timestamp(microseconds: 1_000_000_000)
        look.saw(DueSends(sent: 1, lastDue: due))
        #expect(look.start(at: now + .seconds(2)) == due.advanced(by: .seconds(-10)))
        look.saw(DueSends(sent: 0))
        #expect(look.start(at: now + .seconds(9)) == due.advanced(by: .seconds(-10)))
        #expect(look.start(at: now + .seconds(10)) == nil)
        look.saw(DueSends(sent: 0))
        #expect(look.start(at: now + .seconds(11)) == due.advanced(by: .seconds(-10)))
    }

    @Test func `more old ones than one look sends are sent by the next ones`() {
        let now = ContinuousClock.now
        func time(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }
        var look = DelayedLook()
        _ = look.start(at: now)
        look.saw(DueSends(sent: 1, lastDue: time(1000)))
        look.saw(DueSends(sent: 0))
        // Committed late.
        #expect(look.start(at: now + .seconds(10)) == nil)
        look.saw(DueSends(sent: 500, lastDue: time(100)))
        #expect(look.start(at: now + .seconds(11)) == time(90))
        look.saw(DueSends(sent: 500, lastDue: time(200)))
        #expect(look.start(at: now + .seconds(12)) == time(190))
        look.saw(DueSends(sent: 0))
        #expect(look.start(at: now + .seconds(13)) == time(990))
        #expect(look.start(at: now + .seconds(20)) == nil, "however much is sent")
    }
}

/// A claim and a reset take the same tables in the same order, whoever comes first.
@Suite struct `A claim beside a broker's reset` {
    @Test func `neither waits for the other without an end`() async throws {
        try await withStore(connections: 2) { url, pool in
            let other = try PostgresConnection(PostgresConfiguration(url: url))
            defer { other.close() }
            // As a reset begins.
            try await other.script("BEGIN; LOCK TABLE mesh.position IN SHARE ROW EXCLUSIVE MODE")
            async let claim = PostgresPartitionStore(pool).claim(orders, owner: "w", logStart: 0)
            try await eventually {
                try await pool.value(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'mesh.position'::regclass") == "1"
            }
            #expect(
                try await pool.value(
                    "SELECT count(*) FROM pg_locks WHERE granted AND relation = 'mesh.lane'::regclass AND mode = 'RowExclusiveLock'"
                )
                    == "0")
            try await other.script("LOCK TABLE mesh.lane IN SHARE ROW EXCLUSIVE MODE; COMMIT")
            #expect(try await claim.epoch == 1)
        }
    }
}
