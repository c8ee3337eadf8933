import Embedded
import Foundation
import HTTPServer
import Kafka
import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import WasmWorker

/// What is given to the mesh in confidence stays out of what it writes (docs/security.md).
@Suite(.serialized, .timeLimit(.minutes(2))) struct SecretsTests {
    private static let token = "mesh_token_of_the_administrator_0123456789"
    private static let kafkaSecret = "kafka-secret-0123456789"

    /// A process at its most talkative, with settings of its own.
    private func logged(_ mesh: TestMesh, _ words: [String], _ settings: [String: String]) throws -> MeshChild {
        try MeshChild(
            words + ["--log-level", "debug"], name: words[0], kafka: mesh.kafka, postgres: mesh.url,
            environment: settings)
    }

    @Test func `no password, token or key reaches the log of a router or a worker, even at its most talkative`()
        async throws
    {
        try await TestMesh.with(partitions: 1) { mesh in
            let password = try #require(URLComponents(string: mesh.url)?.password)
            let properties = "ssl.key.password=\(Self.kafkaSecret),sasl.password=\(Self.kafkaSecret)"
            let router = try logged(
                mesh, ["router", "--port", "0"], ["WASMESH_TOKEN": Self.token, "WASMESH_KAFKA_PROPERTIES": properties])
            let worker = try logged(
                mesh, ["worker"], ["WASMESH_KAFKA_PROPERTIES": properties])
            defer {
                router.kill()
                worker.kill()
            }
            let address = try await eventually("the router listens:\n\(router.text)", within: .seconds(30)) {
                router.text.firstMatch(of: /http:\/\/127\.0\.0\.1:\d+/).map { String($0.output) }
            }
            let client = HTTPClient()
            let secretCall = "a-caller's-token-0123456789"
            for (path, given) in [("tokens", Self.token), ("tokens", secretCall), ("routes", "")] {
                _ = try await client.request(
                    "GET", address + "/api/v1/" + path, headers: ["Authorization": "Bearer " + given])
            }
            let made = try await client.request(
                "POST", address + "/api/v1/tokens", headers: ["Authorization": "Bearer " + Self.token],
                body: Array(#"{"name":"checkout","roles":["r"]}"#.utf8))
            #expect(made.status == 201, "\(made.text)")
            let caller = try #require(made.text.firstMatch(of: /mesh_[0-9a-f]{64}/)).output
            _ = try await client.request(
                "POST", address + "/t.Ledger/append",
                headers: [
                    "Authorization": "Bearer " + caller, "Content-Type": "application/json",
                    "Connect-Timeout-Ms": "2000",
                ],
                body: Array(#"{"id":"k"}"#.utf8))
            // Another password is refused for good, with a reason that doesn't have it.
            let stranger = try logged(
                mesh, ["worker"],
                ["WASMESH_POSTGRES": mesh.url.replacing(password, with: "another-password-0123456789")])
            try await eventually("the stranger gives up or waits", within: .seconds(20)) {
                stranger.text.contains("Postgres") || !stranger.isRunning
            }
            stranger.kill()
            for (name, text) in [("router", router.text), ("worker", worker.text), ("stranger", stranger.text)] {
                #expect(!text.isEmpty)
                for secret in [
                    password, Self.token, Self.kafkaSecret, secretCall, String(caller), "another-password-0123456789",
                ] {
                    #expect(
                        !text.contains(secret),
                        "the \(name)'s log has the secret \(secret.prefix(12))…: \(text.suffix(2000))")
                }
            }
            // Tokens are stored as hashes.
            let stored = try await Psql.run(
                mesh.url, "SELECT t::text FROM mesh.admin_token t; SELECT f::text FROM mesh.fact f")
            for secret in [Self.token, String(caller)] { #expect(!stored.contains(secret)) }
        }
    }

    @Test func `a token that could be guessed is refused, and no log ever has one that the router made`() async throws {
        try await TestMesh.with(partitions: 1) { mesh in
            let short = try logged(mesh, ["router", "--port", "0"], ["WASMESH_TOKEN": "short-token"])
            #expect(short.hasEnded(within: .seconds(20)))
            #expect(short.text.contains("has at least 24") && !short.text.contains("short-token"), "\(short.text)")
            let without = try logged(mesh, ["router", "--port", "0"], [:])
            defer { without.kill() }
            try await eventually(
                "the router says that nobody can use the control plane:\n\(without.text)", within: .seconds(30)
            ) {
                without.text.contains("nobody can use the control plane yet")
            }
            #expect(without.text.firstMatch(of: /mesh_[0-9a-f]{64}/) == nil)
        }
    }

    @Test func `who did what is written down once and for all`() async throws {
        try await TestMesh.with(partitions: 1) { mesh in
            let admin = AdminStore(mesh.database)
            let letters = DeadLetterStore(mesh.database)
            for index in 0..<3 { try mesh.call("bad\(index)", key: "k", mode: "trap", method: "once") }
            try await mesh.withWorker { _ in
                try await eventually("dead letters", within: .seconds(30)) {
                    try await mesh.count("SELECT count(*) FROM mesh.dead_letter") == 3
                }
            }
            let ids = try await letters.list(DeadLetterFilter()).map(\.id)
            _ = try await letters.redrive([ids[0]], by: "ada")
            _ = try await letters.discard([ids[1]], by: "bob", reason: "a test")
            let token = try await admin.createCallerToken(name: "checkout", roles: ["r"], by: "ada")
            #expect(try await admin.revokeToken(token.id, by: "bob") == .done)
            _ = try await admin.createToken(name: "ci")
            #expect(try await admin.revokeTokens(name: "ci") == 1)
            let facts = try await admin.facts(limit: 20).map { "\($0.actor) \($0.action) \($0.subject)" }
            let expected = [
                "test deploy t", "ada redrive dead letter \(ids[0])", "bob discard dead letter \(ids[1])",
                "ada token checkout",
                "bob revoke token checkout", "ci token ci", "ci revoke token ci",
            ]
            #expect(facts.reversed() == expected, "\(facts)")
            #expect(
                try await admin.facts(limit: 20).contains {
                    $0.action == "discard" && $0.details == #"{"reason": "a test"}"#
                })
            for change in ["UPDATE mesh.fact SET actor = 'eve'", "DELETE FROM mesh.fact", "TRUNCATE mesh.fact"] {
                await #expect(throws: EmbeddedError.self, "\(change)") { try await Psql.run(mesh.url, change) }
            }
            #expect(try await admin.facts(limit: 20).count == expected.count)
        }
    }
}
