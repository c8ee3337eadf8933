import HTTPServer
import Postgres
import Testing

@testable import MeshRouter

/// Services that are taken out of force.
@Suite struct UndeployTests {
    @Test func `a service of which nothing waits goes at once, and callers are told so`() async throws {
        try await withRouter { mesh in
            try await mesh.becomesReady()
            #expect(try await mesh.call("shop.Orders/count", #"{"id":"o-1"}"#).status == 200)
            let dry = try await mesh.control("DELETE", "services/shop.Orders?dry-run=true")
            #expect(dry.status == 200 && dry.member("refusal") == nil, "\(dry.text)")
            #expect(try await mesh.call("shop.Orders/count", #"{"id":"o-1"}"#).status == 200)
            let gone = try await mesh.control("DELETE", "services/shop.Orders?reason=moved")
            #expect(gone.status == 200 && gone.member("left.waiting") == "0", "\(gone.text)")
            #expect(try await mesh.call("shop.Orders/count", #"{"id":"o-1"}"#).status == 404)
            let again = try await mesh.control("DELETE", "services/shop.Orders")
            #expect(again.status == 404 && again.member("code") == "NOT_FOUND")
            let facts = try await mesh.pool.query(
                .oneOff("SELECT subject, details ->> 'reason' FROM mesh.fact WHERE action = 'undeploy'"))
            #expect(try facts.map { "\(try $0.text(0)) \(try $0.text(1))" } == ["shop.Orders moved"])
        }
    }

    @Test func `what isn't done is told, and wants force`() async throws {
        try await withRouter { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.parked (consumer_group, topic, partition, record_offset, service, method, key, message_id, type, source,
                        created_at, data, attempts)
                    VALUES ('shop.Orders', 'shop.Orders', 0, 3, 'shop.Orders', 'place', 'k', 'm', 'shop.Orders/place', '/test', now(), '{}', 0)
                    """))
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.workflow (service, id, method, status, run, digest, version, next_seq, started_at, updated_at)
                    SELECT 'shop.Orders', 'w' || i, 'fulfil', 'running', 1, 'd', '1.0.0', 1, now(), now() FROM generate_series(1, 2) i
                    """))
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, id, type, source, data, headers)
                    VALUES (0, 999, 1, 0, now(), 'shop.Orders', 'm1', 'shop.Orders/place', '/x', '{}', '{"mesh_caller": "billing.Invoices"}'),
                        (0, 999, 2, 0, now(), 'shop.Orders', 'm2', 'shop.Orders/place', '/x', '{}', '{"mesh_caller": "shop.Orders"}')
                    """))
            let refused = try await mesh.control("DELETE", "services/shop.Orders")
            #expect(refused.status == 400 && refused.member("code") == "FAILED_PRECONDITION")
            #expect(
                refused.member("message")?.contains(
                    "shop.Orders still has 2 open workflows, 1 parked message, callers (billing.Invoices)") == true,
                "\(refused.text)")
            #expect(refused.member("details.openWorkflows") == "2")
            let dry = try await mesh.control("DELETE", "services/shop.Orders?dry-run=true")
            #expect(dry.status == 200 && dry.member("refusal.code") == "FAILED_PRECONDITION", "\(dry.text)")
            let forced = try await mesh.control("DELETE", "services/shop.Orders?force=true")
            #expect(forced.status == 200 && forced.member("left.parked") == "1", "\(forced.text)")
            #expect(try await mesh.control("DELETE", "services/shop.Orders?force=perhaps").status == 400)
        }
    }
}
