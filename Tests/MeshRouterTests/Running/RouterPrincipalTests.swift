import HTTPServer
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

/// Who calls, as the router tells handlers.
@Suite struct RouterPrincipalTests {
    private func token(_ mesh: RunningRouter, _ body: String) async throws -> String {
        try #require(try await mesh.control("POST", "tokens", body: Array(body.utf8)).member("token"))
    }

    @Test func `a token that is good goes with the call as its name and roles, and nothing else does`() async throws {
        try await withRouter { mesh in
            let ada = try await token(mesh, #"{"name":"ada \"L\" é","roles":["clerk","auditor"]}"#)
            func principal(_ method: String, _ headers: [(String, String)]) async throws -> Principal? {
                let answer = try await mesh.call(method, method.hasSuffix("audit") ? #"{"id":"a"}"# : "{}", headers)
                #expect(answer.status == 200, "\(answer.text)")
                let id = try #require(answer.headers["Mesh-Call-Id"])
                return try #require(mesh.responder.messages.all.first { $0.id == id }).extensions.principal
            }
            let known = try #require(Principal(name: "ada \"L\" é", roles: ["clerk", "auditor"]))
            let bearer = [("Authorization", "Bearer " + ada)]
            #expect(try await principal("shop.Orders/audit", bearer) == known)
            // A method that anybody may call is told as well.
            #expect(try await principal("shop.Orders/forget", bearer) == known)
            let admin = try await principal("shop.Orders/audit", [("Authorization", "Bearer " + mesh.token)])
            #expect(admin == Principal(name: "test", roles: [], isAdministrator: true))
            #expect(try await principal("shop.Orders/forget", []) == nil)
            // Of a gateway's own, say: none of the mesh's business.
            for value in ["Bearer of.another.kind", "Basic YWRhOmFkYQ==", "Bearer", ""] {
                #expect(try await principal("shop.Orders/forget", [("Authorization", value)]) == nil, "\(value)")
            }
            let forged = [
                ("mesh_principal", known.text), ("Mesh-Principal", known.text), ("ce_mesh_principal", known.text),
            ]
            #expect(try await principal("shop.Orders/forget", forged) == nil)
            #expect(try await principal("shop.Orders/forget", forged + bearer) == known)
            // As Kafka has them, not one of these is a stranger's header either.
            #expect(mesh.responder.messages.all.allSatisfy { $0.extensions.others == nil })
        }
    }

    @Test func `the list of calls that are sent later has whose token it was, and is narrowed down`() async throws {
        try await withRouter { mesh in
            let ada = try await token(mesh, #"{"name":"ada","roles":["auditor"]}"#)
            func send(_ method: String, _ headers: [(String, String)]) async throws {
                let later = [("Prefer", "respond-async"), ("Mesh-Delay-Ms", "3600000")]
                let answer = try await mesh.call("shop.Orders/" + method, #"{"id":"a"}"#, later + headers)
                #expect(answer.status == 202, "\(answer.text)")
            }
            func list(_ query: String) async throws -> [String?] {
                let answer = try await mesh.control("GET", "delayed-sends?" + query)
                return (0..<2).map { index in
                    answer.member("delayedSends.\(index).method").map {
                        $0 + " by " + (answer.member("delayedSends.\(index).principal") ?? "nobody")
                    }
                }
            }
            try await send("audit", [("Authorization", "Bearer " + ada)])
            try await send("count", [])
            let (audit, count) = ("shop.Orders/audit by ada", "shop.Orders/count by nobody")
            #expect(try await list("") == [audit, count])
            #expect(try await list("service=shop.Orders&method=count") == [count, nil])
            #expect(try await list("method=shop.Orders/count") == [nil, nil])
            #expect(try await list("key=a&limit=1") == [audit, nil])
            #expect(try await list("key=b") == [nil, nil])
        }
    }

    @Test func `events have no principal, whatever comes with them`() async throws {
        try await withRouter { mesh in
            let text = #"{"name":"ada","roles":[]}"#
            let sent = try await mesh.post(
                "/events", #"{"id":"o","customer":"c"}"#,
                [
                    ("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-id", "e"),
                    ("ce-source", "/x"),
                    ("ce-type", "order.placed"), ("ce-mesh_principal", text), ("ce-meshprincipal", text),
                    ("mesh_principal", text), ("Authorization", "Bearer " + mesh.token),
                ])
            #expect(sent.status == 202, "\(sent.text)")
            let event = try await eventually("the event", within: .seconds(30)) {
                mesh.responder.messages.all.first { $0.type == "order.placed" }
            }
            #expect(event.extensions.principal == nil && event.extensions.others == nil)
        }
    }

    @Test func `callers who are known share no idempotency key, not even of a method that anybody may call`()
        async throws
    {
        try await withRouter { mesh in
            let (ada, bob) = try await (token(mesh, #"{"name":"ada"}"#), token(mesh, #"{"name":"bob"}"#))
            var ids: [String?] = []
            for token in [ada, ada, bob, "of nobody", nil] {
                let bearer = token.map { [("Authorization", "Bearer " + $0)] } ?? []
                let answer = try await mesh.call("shop.Orders/forget", "{}", [("Idempotency-Key", "one")] + bearer)
                ids.append(answer.headers["Mesh-Call-Id"])
            }
            #expect(ids[0] == ids[1] && ids[1] != ids[2])
            #expect(ids[3] == ids[4] && ids[3] != ids[2] && ids[3] != ids[0])
        }
    }

    @Test func `a token whose name and roles don't fit a header isn't made, and an old one isn't cut`() async throws {
        try await withRouter { mesh in
            let roles = (0..<64).map { "\($0)" + String(repeating: "r", count: 60) }
            let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
            let refused = try await mesh.control(
                "POST", "tokens", body: Array("{\"name\":\"ada\",\"roles\":[\(list)]}".utf8))
            #expect(refused.status == 400 && refused.text.contains("2048 bytes"), "\(refused.text)")
            let old = try await AdminStore(mesh.pool).createCallerToken(
                name: "old", roles: roles + ["auditor"], by: "test"
            ).token
            let call = try await mesh.call("shop.Orders/audit", #"{"id":"a"}"#, [("Authorization", "Bearer " + old)])
            #expect(call.status == 400 && call.member("mesh.code") == "FAILED_PRECONDITION", "\(call.text)")
            #expect(mesh.responder.messages.all.isEmpty)
        }
    }
}
