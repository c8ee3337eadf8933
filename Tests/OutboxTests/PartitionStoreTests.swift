import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@Suite struct PartitionStoreTests {
    private func row(_ sequence: Int64, _ message: Message) -> OutboxRow {
        OutboxRow(sequence: sequence, topic: "order.placed", partition: 3, message: message)
    }

    @Test func `a batch is written whole and read back as it was`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let claim = try await store.claim(orders, owner: "a", logStart: 40)
            #expect(
                claim.epoch == 1 && claim.nextOffset == 40 && claim.completed.isEmpty && !claim.lane.hasUnacknowledged)
            let key = StateKey(service: "shop.Orders", key: "o-1")
            var sent = message(data: #"{"id":"o-1","note":"\u0000 ü"}"#)
            sent.extensions = MessageExtensions(
                traceparent: "00-ab-cd-01", replyTo: 7, keepsResult: true,
                deadline: Timestamp(microseconds: 1_800_000_000_000_000),
                caller: "shop.Orders", principal: Principal(name: "a\"d\\a\n", roles: ["clerk", "\u{1}"]),
                onlyFor: "x.\"Y\"\n", replyFor: "call-1", status: .error)
            var batch = claim.batch(upTo: 43)
            batch.completed = [0b101]
            batch.completedStamps = [LaneStamp(lane: 9, epoch: 1, sequence: 12)]
            batch.logEnd = 50
            batch.watermarks = [
                claim.lane.id: LaneWatermark(epoch: 1, sequence: 17), 99: LaneWatermark(epoch: 2, sequence: 5),
            ]
            batch.nextSequence = 3
            batch.inboxIDs = ["x-1", "x-2"]
            batch.stateWrites = [StateWrite(key: key, expectedVersion: 0, data: Array(#"{"id": "o-1"}"#.utf8))]
            batch.outbox = [row(1, sent), row(2, message(key: nil))]
            batch.callResults = [CallResult(id: "call-1", status: .ok, data: Array("{}".utf8))]
            try await store.commit(batch)

            let again = try await store.claim(orders, owner: "b", logStart: 0)
            #expect(again.epoch == 2 && again.nextOffset == 43 && again.completed == [0b101])
            #expect(again.completedStamps == [LaneStamp(lane: 9, epoch: 1, sequence: 12)])
            #expect(again.watermarks == batch.watermarks)
            #expect(again.laneEpochs[again.lane.id] == 1)
            #expect(
                again.lane.nextSequence == 3 && again.lane.acknowledgedSequence == 0 && again.lane.hasUnacknowledged)
            #expect(try await store.unpublished(lane: again.lane.id, above: 0, limit: 10) == batch.outbox)
            #expect(try await store.unpublished(lane: again.lane.id, above: 1, limit: 10) == [batch.outbox[1]])
            let loaded = try await store.load(
                LoadRequest(
                    partition: orders, externalIDs: ["x-3", "x-2"],
                    stateKeys: [StateKey(service: "shop.Orders", key: "none"), key], parkedKeys: [key]))
            #expect(loaded.knownIDs == ["x-2"])
            #expect(loaded.state[key]?.data == Array(#"{"id": "o-1"}"#.utf8))
            #expect(loaded.state.count == 1 && loaded.parked.isEmpty)
            #expect(try await pool.value("SELECT lag FROM mesh.lag") == "7")
        }
    }

    @Test func `a former owner is fenced and leaves no trace`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let zombie = try await store.claim(orders, owner: "zombie", logStart: 0)
            _ = try await store.claim(orders, owner: "heir", logStart: 0)
            var batch = zombie.batch()
            batch.nextSequence = 2
            batch.inboxIDs = ["x"]
            batch.watermarks = [1: LaneWatermark(epoch: 1, sequence: 1)]
            batch.stateWrites = [
                StateWrite(key: StateKey(service: "s", key: "k"), expectedVersion: 0, data: Array("{}".utf8))
            ]
            batch.outbox = [row(1, message())]
            batch.callResults = [CallResult(id: "c", status: .ok, data: Array("{}".utf8))]
            batch.parked = [parked("k", offset: 1)]
            batch.deadLetters = [dead(offset: 1)]
            let error = await #expect(throws: StoreError.self) { try await store.commit(batch) }
            guard case .fenced? = error else { Issue.record("\(String(describing: error))"); return }
            for table in ["inbox", "watermark", "state", "outbox", "call_result", "parked", "dead_letter"] {
                #expect(try await pool.value("SELECT count(*) FROM mesh.\(table)") == "0", "\(table)")
            }
            #expect(try await pool.value("SELECT max(next_seq) FROM mesh.lane") == "1")
        }
    }

    @Test func `batches that are committed together are written as each by itself would be, all of them or none`()
        async throws
    {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let places = [2, 0, 1].map { PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: $0) }
            var batches: [BatchCommit] = []
            for place in places {
                let claim = try await store.claim(place, owner: "a", logStart: 0)
                var batch = claim.batch(place)
                batch.nextSequence = 3
                batch.watermarks = [7: LaneWatermark(epoch: 1, sequence: 1)]
                batch.inboxIDs = ["x-\(place.partition)"]
                batch.stateWrites = [
                    StateWrite(
                        key: StateKey(service: "shop.Orders", key: "k\(9 - place.partition)"), expectedVersion: 0,
                        data: Array("{}".utf8))
                ]
                batch.outbox = [row(1, message()), row(2, message())]
                batch.callResults = [CallResult(id: "call-\(place)", status: .ok, data: Array("{}".utf8))]
                // As many as its number, so that receipts that are mixed up show.
                batch.parked = (0..<place.partition).map { parked("p\(place.partition)", offset: Int64($0)) }
                batch.deadLetters = (0...place.partition).map { dead(offset: Int64($0)) }
                batches.append(batch)
            }
            for (place, receipt) in zip(places, try await store.commit(together: batches)) {
                #expect(receipt.parkedIDs.count == Int(place.partition))
                #expect(receipt.deadLetterIDs.count == Int(place.partition) + 1)
            }
            for (place, batch) in zip(places, batches) {
                let claim = try await store.claim(place, owner: "b", logStart: 0)
                #expect(claim.nextOffset == 1 && claim.watermarks == batch.watermarks)
                #expect(try await store.unpublished(lane: batch.lane, above: 0, limit: 10) == batch.outbox)
            }
            #expect(try await pool.value("SELECT count(*) FROM mesh.state") == "3")
            #expect(try await pool.value("SELECT count(*) FROM mesh.call_result") == "3")
            #expect(try await pool.value("SELECT count(DISTINCT xmin::text) FROM mesh.state") == "1")

            // The claims above have fenced all of them; all but one are made anew.
            var next = batches
            for (index, place) in places.enumerated() where index > 0 {
                next[index] = try await store.claim(place, owner: "c", logStart: 0).batch(place)
                next[index].inboxIDs = ["y-\(index)"]
            }
            let error = await #expect(throws: StoreError.self) { try await store.commit(together: next) }
            guard case .fenced? = error else { Issue.record("\(String(describing: error))"); return }
            #expect(try await pool.rows("SELECT id FROM mesh.inbox WHERE id LIKE 'y%'") == [])
            _ = try await store.commit(together: Array(next.dropFirst()))
            #expect(try await pool.value("SELECT count(*) FROM mesh.inbox WHERE id LIKE 'y%'") == "2")
        }
    }

    @Test func `what one of several partitions waits for holds up the others for a moment only`() async throws {
        try await withStore(connections: 3) { _, pool in
            let store = PostgresPartitionStore(pool)
            var batches: [BatchCommit] = []
            for partition in Int32(0)..<2 {
                let place = PartitionID(group: "shop.Orders", topic: "shop.Orders", partition: partition)
                batches.append(try await store.claim(place, owner: "a", logStart: 0).batch(place))
            }
            try await pool.connections[2].script("BEGIN; SELECT FROM mesh.position WHERE partition = 1 FOR UPDATE")
            let error = await #expect(throws: StoreError.self) { try await store.commit(together: batches) }
            guard case .transient? = error else { Issue.record("\(String(describing: error))"); return }
            try await store.commit(batches[0])
            let alone = await #expect(throws: StoreError.self) { try await store.commit(batches[1]) }
            guard case .transient? = alone else { Issue.record("\(String(describing: alone))"); return }
            try await pool.connections[2].script("ROLLBACK")
            try await store.commit(batches[1])
            // The bound was the transaction's own.
            #expect(try await pool.value("SELECT setting FROM pg_settings WHERE name = 'lock_timeout'") == "0")
        }
    }

    @Test func `a commit that was already made is fenced when it is sent again`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let claim = try await store.claim(orders, owner: "a", logStart: 0)
            try await store.commit(claim.batch())
            await #expect(throws: StoreError.self) { try await store.commit(claim.batch()) }
            // Even one that moves nothing: the offset it expects is gone.
            await #expect(throws: StoreError.self) { try await store.commit(claim.batch(upTo: claim.nextOffset)) }
        }
    }

    @Test func `of many owners that commit at once exactly one wins each offset`() async throws {
        var seed = Seed()
        try await withStore(connections: 6) { _, pool in
            let store = PostgresPartitionStore(pool)
            let delays = (0..<6).map { _ in seed.integer(in: 0...3) }
            // Each claims and then commits until it is fenced; every commit counts one effect.
            let committed = try await withThrowingTaskGroup(of: Int.self) { group in
                for owner in 0..<6 {
                    group.addTask {
                        try await Task.sleep(for: .milliseconds(delays[owner]))
                        var claim = try await store.claim(orders, owner: "\(owner)", logStart: 0)
                        var done = 0
                        while done < 20 {
                            do {
                                var batch = claim.batch()
                                batch.inboxIDs = ["offset-\(claim.nextOffset)"]
                                try await store.commit(batch)
                                claim.nextOffset += 1
                                done += 1
                            } catch let error as StoreError {
                                guard case .fenced = error else { throw error }
                                break
                            }
                        }
                        return done
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(try await pool.value("SELECT next_offset FROM mesh.position") == "\(committed)")
            #expect(try await pool.value("SELECT count(*) FROM mesh.inbox") == "\(committed)")
        }
    }

    @Test func `state that somebody else has changed is a conflict that names the keys`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let other = PartitionID(group: "wasmesh.default", topic: "payment.captured", partition: 0)
            let first = try await store.claim(orders, owner: "a", logStart: 0)
            let second = try await store.claim(other, owner: "a", logStart: 0)
            func write(_ key: String, _ expected: Int64, _ data: String?) -> StateWrite {
                StateWrite(
                    key: StateKey(service: "s", key: key), expectedVersion: expected, data: data.map { Array($0.utf8) })
            }
            var batch = first.batch()
            batch.stateWrites = [write("b", 0, "{}"), write("a", 0, "{}"), write("c", 0, "{}")]
            let versions = Dictionary(uniqueKeysWithValues: batch.stateWrites.map { ($0.key.key, $0.newVersion) })
            try await store.commit(batch)

            var stale = second.batch(other)
            stale.outbox = [row(1, message())]
            stale.nextSequence = 2
            let b = try #require(versions["b"])
            let c = try #require(versions["c"])
            for (writes, conflicts) in [
                ([write("d", 0, "{}"), write("b", b, "{}"), write("a", 0, "{}")], ["a"]),
                ([write("b", b - 1, "{}"), write("c", c, "[]"), write("a", 7, "{}")], ["a", "b"]),
                ([write("c", c - 1, nil), write("b", b, "{}")], ["c"]),
                ([write("gone", 5, "{}")], ["gone"]),
                ([write("gone", 5, nil)], ["gone"]),
                ([write("a", 0, nil)], ["a"]),
            ] {
                stale.stateWrites = writes
                let error = await #expect(throws: StoreError.self) { try await store.commit(stale) }
                #expect(error == .stateConflict(conflicts.map { StateKey(service: "s", key: $0) }))
                #expect(try await pool.value("SELECT count(*) FROM mesh.outbox") == "0")
            }
            stale.stateWrites = [write("b", b, "[1]"), write("c", c, nil), write("never", 0, nil), write("d", 0, "1")]
            try await store.commit(stale)
            #expect(
                try await pool.rows("SELECT key, data FROM mesh.state ORDER BY key") == ["(a,{})", "(b,[1])", "(d,1)"])
        }
    }

    @Test func `an id that is in the inbox already refuses the batch and is named`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let claim = try await store.claim(orders, owner: "a", logStart: 0)
            var batch = claim.batch()
            batch.inboxIDs = ["a", "b"]
            try await store.commit(batch)
            var next = claim.batch(upTo: 2)
            next.expectedNextOffset = 1
            next.inboxIDs = ["c", "b", "d"]
            await #expect(throws: StoreError.duplicateInbox(["b"])) { try await store.commit(next) }
            // Another group consumes for itself, and a moved slot doesn't forget.
            try await pool.execute("SELECT mesh.move_slot('inbox', true)")
            await #expect(throws: StoreError.duplicateInbox(["b"])) { try await store.commit(next) }
            #expect(try await pool.value("SELECT count(*) FROM mesh.inbox") == "2")
            let other = PartitionID(group: "wasmesh.other", topic: "shop.Orders", partition: 0)
            var others = try await store.claim(other, owner: "b", logStart: 0).batch(other)
            others.inboxIDs = ["b"]
            try await store.commit(others)
        }
    }

    @Test func `data that Postgres refuses leaves the batch unwritten, and without the culprit it commits`()
        async throws
    {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let claim = try await store.claim(orders, owner: "a", logStart: 0)
            let culprits = ["{\"a\":\"\\u0000\"}", "{\"unfinished\":", "\u{0}"]
            for culprit in culprits {
                var batch = claim.batch()
                batch.stateWrites = (0..<8).map {
                    StateWrite(
                        key: StateKey(service: "s", key: "\($0)"), expectedVersion: 0,
                        data: Array(($0 == 5 ? culprit : "{}").utf8))
                }
                let error = await #expect(throws: StoreError.self) { try await store.commit(batch) }
                guard case .dataRefused? = error else { Issue.record("\(String(describing: error))"); return }
                #expect(try await pool.value("SELECT count(*) FROM mesh.state") == "0")
            }
            var batch = claim.batch()
            batch.outbox = [row(1, message(data: "{\"a\":\"\u{0}\"}"))]
            batch.nextSequence = 2
            let error = await #expect(throws: StoreError.self) { try await store.commit(batch) }
            guard case .dataRefused? = error else { Issue.record("\(String(describing: error))"); return }
            batch.outbox = []
            batch.deadLetters = [dead(offset: 0, payload: Array("{\"a\":\"\0".utf8) + [0xff], cause: "zero \0 byte")]
            try await store.commit(batch)
            #expect(try await pool.value("SELECT error_message FROM mesh.dead_letters") == "zero \u{FFFD} byte")
            #expect(try await pool.value("SELECT payload FROM mesh.dead_letters")?.isEmpty == false)
        }
    }

    @Test func `two rows under one sequence are refused`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            let claim = try await store.claim(orders, owner: "a", logStart: 0)
            var batch = claim.batch()
            batch.nextSequence = 2
            batch.outbox = [row(1, message()), row(1, message())]
            await #expect(throws: StoreError.self) { try await store.commit(batch) }
        }
    }

    @Test func `what was committed and not published is there for the next owner`() async throws {
        try await withStore { _, pool in
            let store = PostgresPartitionStore(pool)
            var claim = try await store.claim(orders, owner: "a", logStart: 0)
            var all: [OutboxRow] = []
            // The slot moves on in between: rows lie in several children.
            for step in 0..<5 {
                var batch = claim.batch()
                batch.outbox = (0..<10).map { row(claim.lane.nextSequence + Int64($0), message(key: "\(step)")) }
                batch.nextSequence = claim.lane.nextSequence + 10
                batch.acknowledgedSequence = step == 0 ? 0 : 12
                try await store.commit(batch)
                all += batch.outbox
                claim.nextOffset += 1
                claim.lane.nextSequence += 10
                if step % 2 == 0 { try await pool.execute("SELECT mesh.move_slot('outbox', false)") }
            }
            let heir = try await store.claim(orders, owner: "b", logStart: 0)
            #expect(heir.lane.nextSequence == 51 && heir.lane.acknowledgedSequence == 12)
            var found: [OutboxRow] = []
            while true {
                let page = try await store.unpublished(lane: heir.lane.id, above: found.last?.sequence ?? 12, limit: 7)
                if page.isEmpty { break }
                found += page
            }
            #expect(found == Array(all.dropFirst(12)))
        }
    }

    private func dead(offset: Int64, payload: [UInt8]? = nil, cause: String = "no") -> NewDeadLetter {
        NewDeadLetter(
            offset: offset, service: nil, method: nil, key: nil, messageID: nil, type: nil, source: nil,
            payload: payload,
            headers: [WireHeader(name: "odd", value: [0xff, 0])], attempts: 1, error: MeshError(.invalidRequest, cause),
            digest: nil)
    }
}
