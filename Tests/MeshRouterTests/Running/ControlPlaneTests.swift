import Foundation
import HTTPServer
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct ControlPlaneTests {
    @Test func `everything but polling and the document wants the admin token`() async throws {
        try await withRouter(schemas: []) { mesh in
            for path in [
                "routes", "services", "deployments", "dead-letters", "workers", "backlog", "health", "tokens",
                "workflows", "workflows/counts", "schedules",
            ] {
                let without = try await mesh.get("/api/v1/" + path)
                #expect(without.status == 401)
                #expect(without.member("code") == "UNAUTHENTICATED")
                #expect(without.headers["WWW-Authenticate"] == "Bearer realm=\"wasmesh\"")
                #expect(try await mesh.control("GET", path, token: "mesh_wrong").status == 401)
                #expect(try await mesh.control("GET", path).status == 200, "\(path)")
            }
            #expect(try await mesh.get("/api/v1/openapi.json").status == 200)
            #expect(try await mesh.control("PUT", "routes").status == 405)
        }
    }

    @Test func `of two tokens none is taken`() async throws {
        try await withRouter(schemas: []) { mesh in
            var headers = HTTPHeaders()
            headers.add("Authorization", "Bearer " + mesh.token)
            headers.add("authorization", "Bearer mesh_wrong")
            let answer = try await mesh.client.request("GET", mesh.url + "/api/v1/tokens", headers: headers)
            #expect(answer.status == 400 && answer.member("code") == "INVALID_REQUEST", "\(answer.text)")
        }
    }

    @Test func `a parameter that isn't known, or is given twice, is refused before anything is done`() async throws {
        try await withRouter { mesh in
            for path in [
                "services/billing.Invoices?dryrun=true", "services/billing.Invoices?dry-run=true&dry-run=false",
            ] {
                let answer = try await mesh.control("DELETE", path)
                #expect(answer.status == 400 && answer.member("code") == "INVALID_REQUEST", "\(answer.text)")
            }
            #expect(try await mesh.control("GET", "services").text.contains("billing.Invoices"))
            let filter = try await mesh.control("GET", "dead-letters?servce=shop.Orders")
            #expect(filter.status == 400)
            #expect(
                filter.member("message")
                    == "the parameter 'servce' isn't known here; there is before, code, key, limit, method, service, status"
            )
            // Those that anybody may ask, too.
            for path in ["openapi.json?x=1", "calls/1?wait=2"] {
                #expect(try await mesh.control("GET", path).text.contains("isn't known here; there is none"))
            }
            // Whoever has no token isn't told what there is.
            #expect(try await mesh.control("GET", "dead-letters?servce=x", token: "mesh_wrong").status == 401)
        }
    }

    @Test func `each process is listed with whether it is alive`() async throws {
        try await withRouter(schemas: []) { mesh in
            let insert = Statement.oneOff(
                """
                INSERT INTO mesh.worker (id, kind, incarnation, host, pid, pool, seen_at)
                SELECT name, 'worker', name, 'here', 1, 'default', clock_timestamp() - make_interval(secs => seconds)
                FROM (VALUES ('a-new', 1), ('b-late', 9), ('c-gone', 900), ('d-ahead', -3600)) AS w (name, seconds)
                """)
            _ = try await mesh.pool.query(insert)
            let answer = try await mesh.control("GET", "workers")
            #expect(answer.member("workers.0.id") == "a-new" && answer.member("workers.0.alive") == "true")
            #expect(answer.member("workers.1.alive") == "true" && answer.member("workers.1.pool") == "default")
            #expect(answer.member("workers.2.id") == "c-gone" && answer.member("workers.2.alive") == "false")
            #expect(answer.member("workers.2.seenAt") != nil, "\(answer.text)")
            #expect(answer.member("workers.3.alive") == "false", "it was seen before the database's clock went back")
        }
    }

    @Test func `a query that can't be read is refused in the control plane's form, and elsewhere in Connect's`()
        async throws
    {
        try await withRouter(schemas: []) { mesh in
            let refused = try await mesh.control("GET", "workflows?id=%00")
            #expect(refused.status == 400)
            #expect(refused.member("code") == "INVALID_REQUEST")
            #expect(refused.member("retryable") != nil)
            #expect(try await mesh.get("/shop.Orders/place?id=%00").member("code") == "invalid_argument")
        }
    }

    @Test(arguments: ["deployments", "deployments?dry-run=true", "workflows/shop.Orders/1/replay"])
    func `a package from somebody without a token is refused before it is read`(path: String) async throws {
        try await withRouter(schemas: [], configure: { $0.bodyBytes = 1000 }) { mesh in
            let port = try #require(mesh.url.split(separator: ":").last.flatMap { UInt16($0) })
            for (token, status) in [("nobody's", 401), (mesh.token, 400)] {
                let client = try RawClient(port: port)
                client.send(
                    """
                    POST /api/v1/\(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(token)\r\n\
                    Content-Length: 20000\r\n\r\n
                    """)
                // Whoever is let in is waited for.
                if status == 400 { client.send([UInt8](repeating: 0x20, count: 20_000)) }
                let answer = try await client.answer()
                #expect(answer.status == status || path.hasSuffix("replay") && answer.status == 404, "\(answer)")
                #expect(answer.body.contains(#"{"code":"#) && !answer.body.contains(#""mesh":"#))
            }
            // Nor with another method, or in chunks.
            for (method, length) in [("PUT", "Content-Length: 20000"), ("POST", "Transfer-Encoding: chunked")] {
                let client = try RawClient(port: port)
                client.send("\(method) /api/v1/\(path) HTTP/1.1\r\nHost: x\r\n\(length)\r\n\r\n")
                #expect(try await client.answer().status == 401)
            }
            let metrics = try await mesh.get("/metrics").text
            #expect(metrics.contains(#"wasmesh_router_requests_total{method="api",code="UNAUTHENTICATED"} 3"#))
        }
    }

    @Test func `what the server refuses of events by itself is the mesh's error, as what the endpoint refuses`()
        async throws
    {
        try await withRouter(schemas: [], configure: { $0.bodyBytes = 1000 }) { mesh in
            let large = try await mesh.post("/events", String(repeating: " ", count: 2000))
            #expect(large.status == 413)
            #expect(
                large.member("code") == "RESOURCE_EXHAUSTED" && large.member("retryable") == "false", "\(large.text)")
            let unread = try await mesh.post("/events?id=%00", "{}")
            #expect(unread.status == 400 && unread.member("code") == "INVALID_REQUEST", "\(unread.text)")
        }
    }

    /// Whoever guards paths in front of the router compares them as they are written.
    @Test(arguments: [
        "/%65vents", "/api/v1/%77orkers", "/%61pi/v1/workers", "/api/v1/wor\u{212A}ers", "/shop.Orders/%63ount",
        "/shop.Orders%2Fcount",
    ])
    func `a path that is written otherwise than it is isn't found`(path: String) async throws {
        try await withRouter { mesh in
            try await mesh.becomesReady()
            let answer = try await mesh.post(
                path, #"{"id":"o-1"}"#,
                [("Content-Type", "application/json"), ("Authorization", "Bearer " + mesh.token)])
            #expect(answer.status == 404, "\(answer.text)")
            let read = try await mesh.client.request(
                "GET", mesh.url + path, headers: ["Authorization": "Bearer " + mesh.token])
            #expect(read.status == 404, "\(read.text)")
        }
    }

    @Test func `a path of the control plane that isn't there is refused in its form, and a call's in Connect's`()
        async throws
    {
        try await withRouter(schemas: []) { mesh in
            for path in ["/api/v1/none", "/api/v1/dead-letters/1/none", "/api/v2/routes", "/api/", "/api"] {
                for answer in [try await mesh.get(path), try await mesh.post(path, "{}")] {
                    #expect(answer.status == 404 && answer.member("code") == "NOT_FOUND", "\(path): \(answer.text)")
                    #expect(answer.member("message")?.contains("openapi.json") == true)
                    #expect(answer.member("retryable") == "false")
                }
            }
            #expect(try await mesh.post("/apis/x", "{}").member("code") == "not_found")
        }
    }

    @Test func `routes and services tell what is deployed`() async throws {
        try await withRouter { mesh in
            let services = try await mesh.control("GET", "services")
            #expect(services.member("services.0.service") == "billing.Invoices")
            #expect(services.member("services.1.version") == "1.0.0")
            // What a handler of billing has sent.
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.outbox (slot, lane, seq, partition, created_at, topic, id, type, source, data, headers)
                    SELECT mesh.active_slot('outbox'), max(id), 1000000, 0, now(), 'shop.Orders', 'x', 'shop.Orders/count', '/billing.Invoices',
                        '{}', '{"mesh_caller":"billing.Invoices"}' FROM mesh.lane
                    """))
            let routes = try await mesh.control("GET", "routes")
            #expect(routes.member("calls.0.from") == "billing.Invoices")
            #expect(routes.member("calls.0.to") == "shop.Orders/count")
            #expect(routes.member("events.0.handledBy.0") == "billing.Invoices/onOrderPlaced")
        }
    }

    @Test func `the state of a key is shown`() async throws {
        try await withRouter { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    "INSERT INTO mesh.state (service, key, version, data) VALUES ('shop.Orders', 'a/b', 3, '{\"id\":\"a/b\"}')"
                ))
            let state = try await mesh.control("GET", "state/shop.Orders/a%2Fb")
            #expect(state.member("state.id") == "a/b")
            #expect(state.member("version") == "3")
            #expect(try await mesh.control("GET", "state/shop.Orders/none").member("code") == "INSTANCE_NOT_FOUND")
            #expect(try await mesh.control("GET", "state/no.Service/x").member("code") == "NOT_FOUND")
        }
    }

    @Test func `methods with roles want a token that has one of them`() async throws {
        try await withRouter { mesh in
            #expect(try await mesh.call("shop.Orders/audit", #"{"id":"a"}"#).status == 401)
            func call(_ token: String?) async throws -> Int {
                try await mesh.call("shop.Orders/audit", #"{"id":"a"}"#, [("Authorization", "Bearer \(token ?? "")")])
                    .status
            }
            let made = try await mesh.control(
                "POST", "tokens", body: Array(#"{"name":"ann","roles":["auditor"]}"#.utf8))
            #expect(made.status == 201)
            let other = try await mesh.control("POST", "tokens", body: Array(#"{"name":"bob","roles":["clerk"]}"#.utf8))
            #expect(try await call(made.member("token")) == 200)
            #expect(try await call(other.member("token")) == 403)
            #expect(try await call("mesh_wrong") == 401)
            #expect(try await call(mesh.token) == 200)
            // A caller's token opens no door of the control plane.
            let refused = try await mesh.control("GET", "routes", token: made.member("token"))
            #expect(refused.status == 403 && refused.member("code") == "PERMISSION_DENIED", "\(refused.text)")
            let listed = try await mesh.control("GET", "tokens")
            #expect(listed.member("tokens.0.name") == "bob")
            #expect(listed.text.contains("mesh_") == false)
            let id = try #require(made.member("id"))
            #expect(try await mesh.control("DELETE", "tokens/\(id)").status == 200)
            #expect(try await mesh.control("DELETE", "tokens/\(id)").status == 404)
            // Without the last one of an administrator nobody could give another.
            let admin = AdminStore(mesh.pool)
            let administrators = Statement.oneOff("SELECT max(id) FROM mesh.admin_token WHERE roles IS NULL")
            let last = try #require(try await mesh.pool.query(administrators).first).int64(0)
            let kept = try await mesh.control("DELETE", "tokens/\(last)")
            #expect(kept.status == 400 && kept.member("code") == "FAILED_PRECONDITION", "\(kept.text)")
            let second = try await admin.createToken(name: "second")
            #expect(try await mesh.control("DELETE", "tokens/\(last)", token: second).status == 200)
            #expect(try await mesh.control("GET", "routes").status == 401)
            _ = try await mesh.pool.query(.oneOff("UPDATE mesh.admin_token SET revoked_at = NULL WHERE id = \(last)"))
            #expect(try await admin.revokeTokens(name: "second") == 1)
            // A caller's token doesn't keep the first administrator's from being made anew.
            #expect(try await admin.createFirstToken(name: "admin") == nil)
            _ = try await admin.revokeTokens(name: "test")
            let anew = try #require(try await admin.createFirstToken(name: "admin"))
            #expect(try await mesh.control("GET", "routes", token: anew).status == 200)
            #expect(try await mesh.control("GET", "routes").status == 401)
        }
    }

    @Test func `tokens are listed page by page, so that each can be found and taken back`() async throws {
        try await withRouter(schemas: []) { mesh in
            _ = try await mesh.pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.admin_token (name, hash, roles)
                    SELECT 'caller ' || n, decode(lpad(to_hex(n), 64, '0'), 'hex'), '{clerk}' FROM generate_series(1, 1200) n
                    """))
            var ids: [Int64] = []
            for _ in 0..<4 {
                let place = ids.last.map { "&before=\($0)" } ?? ""
                let page = try await mesh.control("GET", "tokens?limit=500" + place)
                let found = (0..<500).prefix { page.member("tokens.\($0).id") != nil }
                ids += try found.map { try #require(page.member("tokens.\($0).id").flatMap { Int64($0) }) }
            }
            #expect(ids.count == 1201 && Set(ids).count == 1201)
            #expect(try await mesh.control("GET", "tokens?before=x").status == 400)
        }
    }

    @Test func `a request for a token that isn't right is refused`() async throws {
        try await withRouter(schemas: []) { mesh in
            for body in ["", "{}", #"{"name":1}"#, #"{"name":"x","roles":[1]}"#, #"{"name":"x","more":1}"#] {
                let refused = try await mesh.control("POST", "tokens", body: Array(body.utf8))
                #expect(refused.status == 400)
            }
        }
    }

    @Test func `health and metrics tell how the router is`() async throws {
        try await withRouter { mesh in
            _ = try await mesh.call("shop.Orders/forget", "{}")
            #expect(try await mesh.get("/healthz").text == "ok\n")
            #expect(try await mesh.get("/readyz").member("ready") == "true")
            let metrics = try await mesh.get("/metrics").text
            for line in [
                #"wasmesh_router_requests_total{method="shop.Orders/forget",code="ok"} 1"#, "wasmesh_router_ready 1",
                "wasmesh_router_waiting_calls 0", "wasmesh_router_accepted_messages_total 1",
                #"wasmesh_router_request_duration_seconds_count{method="shop.Orders/forget"} 1"#,
                #"wasmesh_router_replies_total{outcome="delivered"} 1"#,
            ] {
                #expect(metrics.contains(line + "\n"), "\(line)")
            }
        }
    }
}

extension String {
    func replacing(_ part: String, _ other: String) -> String { replacingOccurrences(of: part, with: other) }
}
