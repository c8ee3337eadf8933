import MeshCore
@testable import Outbox
import Postgres
import TestSupport
import Testing

@Suite struct DeadLetterStoreTests {
    @Test func `dead letters are listed in pages, shown whole, discarded, and redriven once for their service alone`()
        async throws
    {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            let letters = DeadLetterStore(pool)
            var batch = try await store.claim(orders, owner: "a", logStart: 0).batch()
            for index in 0..<6 {
                var sent = message("m-\(index)", type: "payment.captured", key: "k\(index)", data: "{\"n\":\(index)}")
                sent.extensions = MessageExtensions(
                    traceparent: "00-1", replyTo: 3, keepsResult: true, deadline: .now, caller: "x.Y",
                    principal: Principal(name: "a\"da", roles: ["clerk"]))
                batch.deadLetters.append(
                    NewDeadLetter(
                        of: sent, offset: Int64(index), service: index < 4 ? "shop.Orders" : "shop.Stock", method: "on",
                        attempts: 5,
                        error: MeshError(.internalError, "no", details: "{\"x\":1}", applicationCode: "OUT_OF_STOCK"),
                        digest: "d"))
            }
            batch.deadLetters.append(
                NewDeadLetter(
                    offset: 9, service: nil, method: nil, key: nil, messageID: nil, type: nil, source: nil,
                    payload: nil,
                    headers: [WireHeader("x", "1"), WireHeader(name: "x", value: [0xff, 0xfe])], attempts: 1,
                    error: MeshError(.invalidRequest, "the record has no value"), digest: nil))
            let ids = try await store.commit(batch).deadLetterIDs
            var filter = DeadLetterFilter()
            filter.service = "shop.Orders"
            filter.limit = 3
            let page = try await letters.list(filter)
            #expect(page.map(\.messageID) == ["m-3", "m-2", "m-1"])
            filter.before = page.last?.id
            #expect(try await letters.list(filter).map(\.messageID) == ["m-0"])
            let shown = try #require(try await letters.show(ids[6]))
            #expect(shown.headers == batch.deadLetters[6].headers && shown.payload == nil && shown.service == nil)
            #expect(try await letters.show(ids[0])?.errorCode == "OUT_OF_STOCK")

            let discarded = try await letters.discard([ids[5], 999], by: "ada")
            #expect(discarded.done == [ids[5]] && discarded.refused == [999: "there is no dead letter 999"])
            #expect(try await letters.discard([ids[5]], by: "ada").refused == [ids[5]: "it is discarded already"])
            let log = RecordingLog()
            try await withRelay(pool, log) {
                let done = try await withThrowingTaskGroup(of: DeadLetterOutcome.self) { group in
                    for _ in 0..<4 {
                        group.addTask { try await letters.redrive([ids[0], ids[1], ids[5], ids[6], 999], by: "ada") }
                    }
                    return try await group.reduce(into: [Int64]()) { $0 += $1.done }
                }
                #expect(done.sorted() == [ids[0], ids[1]])
                try await eventually { log.entries.count >= 2 }
            }
            #expect(Set(log.ids) == ["m-0", "m-1"])
            let sent = try #require(log.entries.first { $0.row.message.id == "m-0" }?.row)
            #expect(
                sent.topic == "shop.Orders" && sent.message.key == "k0" && sent.message.data == Array("{\"n\":0}".utf8))
            #expect(sent.message.extensions.onlyFor == "shop.Orders" && sent.message.extensions.traceparent == "00-1")
            #expect(
                sent.message.extensions.replyTo == nil && sent.message.extensions.deadline == nil
                    && sent.message.extensions.keepsResult)
            #expect(sent.message.extensions.principal?.text == #"{"name":"a\"da","roles":["clerk"]}"#)
            #expect(try await letters.show(ids[0])?.status == .redriven)
            #expect(try await letters.discard([ids[0]], by: "ada").refused == [ids[0]: "it is redriven already"])
            #expect(
                try await AdminStore(pool).facts(limit: 10).map(\.action).sorted() == ["discard", "redrive", "redrive"])
        }
    }

    @Test func `what the mesh took once can be redriven, however large it is`() async throws {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(orders, owner: "a", logStart: 0).batch()
            // As large as a call's body may be, and larger than what mesh.emit takes.
            let data = "{\"n\":\"" + String(repeating: "x", count: (1 << 20) - 8) + "\"}"
            batch.deadLetters.append(
                NewDeadLetter(
                    of: message("m", type: "payment.captured", data: data), offset: 0, service: "shop.Orders",
                    method: "on", attempts: 1, error: MeshError(.internalError, "no"), digest: nil))
            let ids = try await store.commit(batch).deadLetterIDs
            let log = RecordingLog()
            try await withRelay(pool, log) {
                let outcome = try await DeadLetterStore(pool).redrive(ids, by: "ada")
                #expect(outcome.done == ids && outcome.refused.isEmpty)
                try await eventually { log.entries.count == 1 }
            }
            #expect(log.entries.first?.row.message.data == Array(data.utf8))
            let error = await #expect(throws: PostgresError.self) {
                try await pool.query(.oneOff("SELECT mesh.emit('payment.captured', 'k', $1::text)"), .text(data))
            }
            #expect(error?.sqlstate == "54000")
        }
    }

    @Test func `a message that is redriven with another payload keeps the rest, and the original is kept`() async throws
    {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(orders, owner: "a", logStart: 0).batch()
            var sent = message("m", type: "payment.captured", key: "k", data: "{\"n\":1}")
            sent.extensions = MessageExtensions(traceparent: "00-1", caller: "x.Y")
            batch.deadLetters.append(
                NewDeadLetter(
                    of: sent, offset: 0, service: "shop.Orders", method: "on", attempts: 5,
                    error: MeshError(.internalError, "no"), digest: nil))
            let id = try #require(try await store.commit(batch).deadLetterIDs.first)
            let letters = DeadLetterStore(pool)
            let log = RecordingLog()
            let mended = Array("{\"n\":\"é\"}".utf8)
            try await withRelay(pool, log) {
                // Of several people at once, one does it.
                let done = try await withThrowingTaskGroup(of: DeadLetterOutcome.self) { group in
                    for _ in 0..<4 { group.addTask { try await letters.redrive(id, replacing: mended, by: "ada") } }
                    return try await group.reduce(into: [Int64]()) { $0 += $1.done }
                }
                #expect(done == [id])
                try await eventually { log.entries.count >= 1 }
            }
            #expect(log.ids == ["m"])
            let again = try #require(log.entries.first?.row.message)
            #expect(again.data == mended && again.key == "k" && again.type == "payment.captured")
            #expect(again.extensions.onlyFor == "shop.Orders" && again.extensions.traceparent == "00-1")
            let letter = try #require(try await letters.show(id))
            #expect(letter.status == .redriven && letter.resolvedBy == "ada" && letter.payload == sent.data)
            let fact = try await pool.rows(
                "SELECT actor, details->>'message', details->>'payload_sha256', details->>'original_sha256' FROM mesh.fact WHERE action = 'redrive'"
            )
            #expect(fact == ["(ada,m,\(SHA256.hex(mended)),\(SHA256.hex(sent.data)))"])
            #expect(
                try await letters.redrive(id, replacing: mended, by: "ada").refused == [id: "it is redriven already"])
            #expect(try await letters.redrive(99, replacing: mended, by: "ada").refused[99] != nil)
        }
    }

    @Test func `a record without a value can be redriven once it is given one`() async throws {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(orders, owner: "a", logStart: 0).batch()
            batch.deadLetters.append(
                NewDeadLetter(
                    offset: 9, service: "shop.Orders", method: nil, key: "k", messageID: "m", type: "payment.captured",
                    source: "/x", payload: nil, headers: [], attempts: 0,
                    error: MeshError(.invalidRequest, "the record has no value"), digest: nil))
            let id = try #require(try await store.commit(batch).deadLetterIDs.first)
            let letters = DeadLetterStore(pool)
            #expect(try await letters.redrive([id], by: "ada").done == [])
            #expect(try await letters.redrive(id, replacing: Array("{}".utf8), by: "ada").done == [id])
            #expect(
                try await pool.value(
                    "SELECT details ? 'payload_sha256' AND details->>'original_sha256' IS NULL FROM mesh.fact")
                    == "true")
        }
    }

    @Test func `what came with an empty key isn't redriven, as it would only be a dead letter again`() async throws {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(orders, owner: "a", logStart: 0).batch()
            batch.deadLetters.append(
                NewDeadLetter(
                    of: message("m", type: "payment.captured", key: "", data: "{}"), offset: 0, service: "shop.Orders",
                    method: "on", attempts: 1, error: MeshError(.internalError, "no"), digest: nil))
            let ids = try await store.commit(batch).deadLetterIDs
            let outcome = try await DeadLetterStore(pool).redrive(ids, by: "ada")
            #expect(
                outcome.done.isEmpty && outcome.refused.values.first?.contains("key is empty") == true, "\(outcome)")
            // What applications bring anew has one.
            let error = await #expect(throws: PostgresError.self) {
                try await pool.query(.oneOff("SELECT mesh.emit('payment.captured', '', '{}')"))
            }
            #expect(error?.sqlstate == "22023")
        }
    }

    @Test func `what the log didn't take goes where it was to go when it is redriven, to all who hear it`() async throws
    {
        try await withStore(connections: 4) { _, pool in
            try await pool.execute(shopRoutes)
            let store = PostgresPartitionStore(pool)
            var batch = try await store.claim(orders, owner: "a", logStart: 0).batch()
            let row = OutboxRow(
                sequence: 7, topic: "payment.captured", partition: 3,
                message: message("m", type: "payment.captured", data: "{}"))
            batch.deadLetters.append(NewDeadLetter(refused: row, error: MeshError(.communicationFailure, "too large")))
            #expect(try await store.commit(batch).deadLetterIDs.isEmpty)
            let letters = DeadLetterStore(pool)
            let letter = try #require(try await letters.list(DeadLetterFilter()).first)
            #expect(letter.place == PartitionID(group: "mesh.relay", topic: "payment.captured", partition: 3))
            let log = RecordingLog()
            try await withRelay(pool, log) {
                #expect(try await letters.redrive([letter.id], by: "ada").done == [letter.id])
                try await eventually { log.entries.count == 1 }
            }
            let sent = try #require(log.entries.first?.row)
            #expect(sent.topic == "payment.captured" && sent.message.extensions.onlyFor == nil)
        }
    }

    @Test func `headers survive their form in the table, whatever they hold`() {
        var seed = Seed()
        for _ in 0..<500 {
            let headers = (0..<seed.integer(in: 0...6)).map { _ in
                seed.chance(0.5)
                    ? WireHeader(seed.text(), seed.text(limit: 40))
                    : WireHeader(name: seed.text(), value: seed.bytes(count: seed.integer(in: 0...20)))
            }
            #expect(HeaderText.decode(HeaderText.encode(headers)) == headers)
        }
        #expect(
            HeaderText.decode("{\"a\":1}") == nil && HeaderText.decode("{\"a\":\"b\"") == nil
                && HeaderText.decode("") == nil)
    }
}
