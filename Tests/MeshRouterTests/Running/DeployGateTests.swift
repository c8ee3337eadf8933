import HTTPServer
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing
import Wasm

@testable import MeshRouter

/// Packages that are tried on what is there before they are put in force.
@Suite struct DeployGateTests {
    /// A guest whose workflow begins `kind` (3: waits for the signal `approve`, 2: for a timer of a second), and waits for it.
    private func package(_ schema: String = Fulfilment.schema, kind: Int = 3, version: String = "1.0.0") throws
        -> [UInt8]
    {
        let operands = kind == 3 ? "(i32.const 64) (i32.const 7)" : "(i32.const 0) (i32.const 0)"
        let data = kind == 3 ? "(i32.const 0) (i32.const 0)" : "(i32.const 72) (i32.const 7)"
        return try TextPackage.make(
            schema.replacing("\"1.0.0\"", "\"\(version)\""),
            exports: """
                (data (i32.const 64) "approve")
                (data (i32.const 72) "1000000")
                (func (export "mesh_alloc") (param i32) (result i32) i32.const 1024)
                (func (export "mesh_handle") (param i32 i32 i32 i32) (result i32)
                    (i32.store (i32.const 128) (call $begin (i32.const \(kind)) \(operands) (i32.const 0) (i32.const -1)
                        \(data) (i32.const 0) (i32.const 0)))
                    (drop (call $wait (i32.const 128) (i32.const 1)))
                    i32.const 0)
                """,
            imports: """
                (import "mesh" "workflow_begin" (func $begin (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
                (import "mesh" "workflow_wait" (func $wait (param i32 i32) (result i32)))
                """)
    }

    /// Deploys the package that waits for a signal, and stores workflows that do so on it.
    private func withWaiting(
        _ ids: [String] = ["o-1"], _ body: (RunningRouter, String) async throws -> Void
    ) async throws {
        try await withRouter(schemas: []) { mesh in
            let digest = try await prepareWaiting(mesh, ids)
            try await body(mesh, digest)
        }
    }

    @discardableResult
    private func prepareWaiting(_ mesh: RunningRouter, _ ids: [String]) async throws -> String {
        let wasm = try package()
        #expect(try await mesh.control("POST", "deployments", body: wasm).status == 201)
        try await mesh.becomesReady()
        let digest = SHA256.hex(wasm)
        for id in ids {
            try await Fulfilment.store(
                mesh.pool, id, digest: digest,
                journal: [
                    #"'started', 0, 'fulfil', '{"order":"o-1","customer":"c-1"}'::json, NULL::json"#,
                    #"'receive', 1, 'approve', NULL::json, NULL::json"#,
                ])
        }
        _ = try await mesh.pool.query(
            .oneOff(
                #"UPDATE mesh.journal SET details = '{"id":"c-1","type":"shop.Fulfilment/fulfil","source":"/http"}' WHERE kind = 'started'"#
            ))
        return digest
    }

    // MARK: Replays

    @Test func `a replay shows each step, and where another package differs`() async throws {
        try await withWaiting { mesh, digest in
            let path = "workflows/shop.Fulfilment/o-1/replay"
            let same = try await mesh.control("POST", path)
            #expect(same.status == 200, "\(same.text)")
            #expect(same.member("agrees") == "true" && same.member("digest") == digest)
            #expect(same.member("steps") == "[1]" && same.member("count") == "1")
            #expect(same.member("steps.0.text") == "waits for the signal approve", "\(same.text)")
            #expect(same.member("steps.0.seq") == "2")
            #expect(same.member("outcome")?.hasPrefix("waits for") == true, "\(same.text)")
            let other = try await mesh.control("POST", path, body: try package(kind: 2))
            #expect(other.member("agrees") == "false", "\(other.text)")
            #expect(other.member("difference.sequence") == "2")
            #expect(other.member("difference.expected") == "waits for the signal approve")
            #expect(other.member("difference.found")?.contains("1000000") == true, "\(other.text)")
            #expect(try await mesh.control("POST", path + "?steps=false").member("steps") == "[0]")
            #expect(try await mesh.control("POST", path + "?digest=00000000").status == 404)
            #expect(try await mesh.control("POST", path, body: Array("hello".utf8)).status == 400)
            #expect(try await mesh.control("POST", path + "?run=7").status == 400)
            // Nothing has changed by it.
            #expect(try await mesh.pool.query(.oneOff("SELECT count(*) FROM mesh.journal")).first?.int64(0) == 2)
            #expect(mesh.responder.messages.count == 0)
        }
    }

    @Test func `an upgrade waits for the owner to load what was deployed just now`() async throws {
        let orders = Collector<Message>()
        let missing = MeshError(.notFound, "the worker has no package yet", retryable: true)
        try await withRouter(
            schemas: [],
            answer: { order in
                orders.append(order)
                return orders.count < 3 ? (.error, missing.json) : (.ok, "{}")
            }
        ) { mesh in
            try await prepareWaiting(mesh, ["o-1"])
            #expect(try await mesh.control("POST", "deployments", body: package(version: "1.2.0")).status == 201)
            let done = try await mesh.control("POST", "workflows/shop.Fulfilment/o-1/upgrade")
            #expect(done.status == 200 && mesh.responder.messages.count == 3, "\(done.text)")
            let facts = try await mesh.pool.query(.oneOff("SELECT count(*) FROM mesh.fact WHERE action = 'upgrade'"))
            #expect(try facts[0].int64(0) == 1, "it is one order")
        }
    }

    @Test func `an upgrade replays first, and is ordered only where the package agrees`() async throws {
        try await withWaiting { mesh, digest in
            let path = "workflows/shop.Fulfilment/o-1/upgrade"
            // It is there: nothing is ordered.
            let already = try await mesh.control("POST", path)
            #expect(already.status == 200 && already.member("workflow.id") == "o-1", "\(already.text)")
            let differs = try package(kind: 2, version: "1.1.0")
            #expect(try await mesh.control("POST", "deployments?force=true", body: differs).status == 201)
            let refused = try await mesh.control("POST", path)
            #expect(refused.status == 400)
            #expect(refused.member("code") == "NONDETERMINISM", "\(refused.text)")
            #expect(refused.member("message")?.contains("stays on its package and goes on") == true, "\(refused.text)")
            #expect(mesh.responder.messages.count == 0)
            let agrees = try package(version: "1.2.0")
            #expect(try await mesh.control("POST", "deployments", body: agrees).status == 201)
            let done = try await mesh.control("POST", path)
            #expect(done.status == 200, "\(done.text)")
            let order = try #require(mesh.responder.messages.all.last)
            #expect(order.key == "o-1")
            #expect(
                String(decoding: order.data, as: UTF8.self)
                    == "{\"order\":\"upgrade\",\"digest\":\"\(SHA256.hex(agrees))\"}")
            let back = try await mesh.control("POST", path, body: Array("{\"digest\":\"\(digest.prefix(12))\"}".utf8))
            #expect(back.status == 200 && mesh.responder.messages.count == 1, "\(back.text)")
        }
    }

    // MARK: The gate

    @Test func `a package that does something else than open workflows did is refused with each of them`() async throws
    {
        try await withWaiting(["o-1", "o-2", "o-3"]) { mesh, _ in
            let differs = try package(kind: 2, version: "2.0.0")
            let dry = try await mesh.control("POST", "deployments?dry-run=true", body: differs)
            #expect(dry.status == 200)
            #expect(dry.member("gate.broken") == "3", "\(dry.text)")
            #expect(dry.member("refusal.code") == "FAILED_PRECONDITION")
            #expect(dry.member("gate.checks.0.findings.2.id") == "o-3")
            let refused = try await mesh.control("POST", "deployments", body: differs)
            #expect(refused.status == 400)
            #expect(refused.member("code") == "FAILED_PRECONDITION")
            #expect(
                refused.member("message")?.contains("3 open workflows of shop.Fulfilment") == true, "\(refused.text)")
            #expect(
                refused.member("details.checks.0.findings.0.message")?.contains("step 1") == true, "\(refused.text)")
            // The major version says that the schema may break; it says nothing about workflows.
            #expect(try await mesh.control("POST", "deployments?allow-breaking=true", body: differs).status == 400)
            let sampled = try await mesh.control("POST", "deployments?dry-run=true&sample=2", body: differs)
            #expect(sampled.member("gate.sample") == "2" && sampled.member("gate.checks.0.checked") == "2")
            #expect(sampled.member("gate.checks.0.total") == "3")
            let agrees = try await mesh.control("POST", "deployments", body: package(version: "1.1.0"))
            #expect(agrees.status == 201, "\(agrees.text)")
            #expect(agrees.member("gate.checks.0.checked") == "3" && agrees.member("gate.broken") == "0")
            let forced = try await mesh.control("POST", "deployments?force=true", body: differs)
            #expect(forced.status == 201, "\(forced.text)")
            #expect(forced.member("gate.broken") == "3")
        }
    }

    @Test func `a workflow that an earlier deploy has left behind keeps nobody from deploying`() async throws {
        try await withWaiting(["o-1", "o-2"]) { mesh, _ in
            let differs = try package(kind: 2, version: "2.0.0")
            #expect(try await mesh.control("POST", "deployments?force=true", body: differs).status == 201)
            // Neither the package in force nor the next one does what they did; they finish on theirs.
            let next = try await mesh.control("POST", "deployments", body: package(kind: 2, version: "2.1.0"))
            #expect(next.status == 201 && next.member("gate.broken") == "0", "\(next.text)")
            #expect(next.member("gate.checks.0.checked") == "2", "\(next.text)")
            #expect(next.member("gate.checks.0.apart") == "2", "\(next.text)")
            // One that the package in force could go on with is broken by the next.
            #expect(try await mesh.control("POST", "deployments", body: package(version: "2.2.0")).status == 201)
            let broken = try await mesh.control("POST", "deployments", body: package(kind: 2, version: "2.3.0"))
            #expect(broken.status == 400 && broken.text.contains("2 open workflows"), "\(broken.text)")
        }
    }

    @Test func `a workflow that is stuck anyhow keeps nobody from deploying`() async throws {
        try await withWaiting(["o-1", "o-2"]) { mesh, _ in
            let differs = try package(kind: 2, version: "2.0.0")
            _ = try await mesh.pool.query(.oneOff("UPDATE mesh.workflow SET status = 'stuck' WHERE id = 'o-2'"))
            let dry = try await mesh.control("POST", "deployments?dry-run=true", body: differs)
            #expect(dry.member("gate.broken") == "1" && dry.member("gate.checks.0.checked") == "2", "\(dry.text)")
            #expect(dry.member("gate.checks.0.findings.0.id") == "o-1")
            #expect(dry.member("gate.checks.0.apart") == "1")
            _ = try await mesh.pool.query(.oneOff("UPDATE mesh.workflow SET status = 'stuck'"))
            let deployed = try await mesh.control("POST", "deployments", body: differs)
            #expect(deployed.status == 201, "\(deployed.text)")
        }
    }

    @Test func `workflows that weren't looked at in time refuse a deploy, too`() async throws {
        try await withWaiting { mesh, _ in
            let compiler = CompileCheck()
            let wasm = try package(version: "1.1.0")
            let schema = try Shop.compile(Fulfilment.schema)
            let gate = DeployGate(
                stores: mesh.router.stores,
                replayer: Replayer(stores: mesh.router.stores, compiler: compiler, configuration: [:]),
                bound: .seconds(-1))
            let report = try await gate.examine(compiler.module(wasm), schema, former: [schema])
            #expect(!report.isComplete && report.broken == 0)
            let error = #expect(throws: MeshError.self) { try report.requirePermission(isForced: false) }
            #expect(error?.message.contains("--sample") == true)
            try report.requirePermission(isForced: true)
        }
    }

    @Test func `stored state and waiting messages that the new schema can't read are named`() async throws {
        try await withWaiting([]) { mesh, _ in
            for (key, total) in [("k-1", #","total":"1.50""#), ("k-2", ""), ("k-3", #","total":null"#)] {
                _ = try await mesh.pool.query(
                    .oneOff(
                        "INSERT INTO mesh.state (service, key, version, data) VALUES ('shop.Fulfilment', $1::text, 1, $2::text::jsonb)"
                    ), .text(key), .text("{\"id\":\"\(key)\",\"customer\":\"c\",\"stage\":\"OPEN\"\(total)}"))
            }
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source,
                        created_at, data, attempts, error_code)
                    SELECT 'shop.Fulfilment', 'shop.Fulfilment', 0, n, 'shop.Fulfilment', 'reserve', 'k', 'm-' || n, t, '/test', now(), d, 1, 'AWAY'
                    FROM (VALUES (1, 'shop.Fulfilment/reserve', '{"order":"o-1"}'), (2, 'shop.Fulfilment/reserve', '{"order":"o-1"}'),
                        (3, 'mesh.answer', '{}')) v(n, t, d)
                    """))
            let strict = Fulfilment.schema.replacing("total: Decimal }", "total: Decimal! }")
                .replacing("reserve(order: ID!)", "reserve(order: ID!, again: Boolean!)")
            let answer = try await mesh.control(
                "POST", "deployments?allow-breaking=true", body: package(strict, version: "2.0.0"))
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.member("message")?.contains("2 states of shop.Fulfilment") == true, "\(answer.text)")
            #expect(answer.member("message")?.contains("2 messages that wait") == true, "\(answer.text)")
            #expect(answer.member("details.checks.0.findings.0.id") == "k-2")
            #expect(answer.member("details.checks.0.findings.0.message")?.contains("total") == true)
            #expect(answer.member("details.checks.1.findings.0.id") == "shop.Fulfilment/reserve m-1")
            // A schema that reads all that the former one could write doesn't look at each state.
            let wider = Fulfilment.schema.replacing("total: Decimal }", "total: Decimal  note: String }")
            let fine = try await mesh.control("POST", "deployments", body: package(wider, version: "1.1.0"))
            #expect(fine.status == 201, "\(fine.text)")
            #expect(fine.member("gate.checks.0.subject") == "messages")
        }
    }

    @Test func `what a service left when it was taken out of force is read, too`() async throws {
        try await withRouter(schemas: []) { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    "INSERT INTO mesh.state (service, key, version, data) VALUES ('shop.Fulfilment', 'k', 1, '{\"id\":7}')"
                ))
            let refused = try await mesh.control("POST", "deployments", body: package())
            #expect(refused.status == 400, "\(refused.text)")
            #expect(refused.member("details.checks.0.findings.0.id") == "k")
            #expect(try await mesh.control("POST", "deployments?force=true", body: package()).status == 201)
        }
    }

    @Test func `a call that a worker hasn't consumed counts as waiting, one that it has doesn't`() async throws {
        try await withWaiting([]) { mesh, _ in
            let body = #"{"order":"o-1"}"#
            for key in ["a", "b"] { _ = try await mesh.call("shop.Fulfilment/reserve", body, [("Mesh-Key", key)]) }
            let store = StoredDataStore(mesh.pool)
            #expect(try await store.messages(.unconsumed, for: "shop.Fulfilment", limit: 10).count == 2)
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.watermark (consumer_group, topic, partition, lane, epoch, seq)
                    SELECT 'shop.Fulfilment', topic, partition, lane, 1, max(seq) FROM mesh.outbox WHERE key = 'a' GROUP BY 2, 3, 4
                    """))
            #expect(try await store.messages(.unconsumed, for: "shop.Fulfilment", limit: 10).count <= 1)
        }
    }

    @Test func `states and messages of more than one page are all looked at`() async throws {
        try await withRouter(schemas: []) { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.state (service, key, version, data)
                    SELECT 'shop.Fulfilment', 'k' || n, 1, '{"id":7}' FROM generate_series(1, 250) n
                    """))
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source,
                        created_at, data, attempts, parked_at)
                    SELECT 'shop.Fulfilment', 'shop.Fulfilment', 0, n, 'shop.Fulfilment', 'gone', 'k', 'm' || n, 'shop.Fulfilment/gone', '/t',
                        now(), '{}', 0, now()
                    FROM generate_series(1, 130) n
                    """))
            func broken(_ query: String) async throws -> [String: Int] {
                let report = try await mesh.control("POST", "deployments?dry-run=true" + query, body: package())
                var broken: [String: Int] = [:]
                for check in 0..<2 {
                    guard let subject = report.member("gate.checks.\(check).subject") else { continue }
                    broken[subject] = report.member("gate.checks.\(check).broken").flatMap { Int($0) }
                }
                return broken
            }
            #expect(try await broken("") == ["state": 250, "messages": 130])
            #expect(try await broken("&sample=120") == ["state": 120, "messages": 130])
        }
    }
}
