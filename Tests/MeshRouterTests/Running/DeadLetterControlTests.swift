import HTTPServer
import MeshCore
import Postgres
import Testing

@testable import MeshRouter

/// Dead letters as the control plane shows them, and what it lets people do with them.
@Suite struct DeadLetterControlTests {
    @Test func `dead letters are listed, shown, redriven and discarded`() async throws {
        try await withRouter { mesh in
            try await insertDeadLetters(mesh.pool, count: 3)
            let list = try await mesh.control("GET", "dead-letters?service=shop.Orders&limit=2")
            #expect(list.member("dead_letters") == "[2]")
            let newest = try #require(list.member("dead_letters.0.id"))
            #expect(list.member("dead_letters.0.error.code") == "OUT_OF_STOCK")
            let shown = try await mesh.control("GET", "dead-letters/\(newest)")
            #expect(shown.member("payload.id") == "x")
            let redriven = try await mesh.control("POST", "dead-letters/\(newest)/redrive")
            #expect(redriven.status == 200, "\(redriven.text)")
            #expect(try await mesh.control("POST", "dead-letters/\(newest)/redrive").status == 400)
            let next = try #require(list.member("dead_letters.1.id"))
            #expect(try await mesh.control("POST", "dead-letters/\(next)/discard?reason=old").status == 200)
            #expect(try await mesh.control("GET", "dead-letters").member("dead_letters") == "[1]")
            #expect(try await mesh.control("GET", "dead-letters?status=all").member("dead_letters") == "[3]")
            #expect(try await mesh.control("GET", "dead-letters/99999").status == 404)
            #expect(try await mesh.control("POST", "dead-letters/99999/discard").status == 404)
            #expect(try await mesh.control("GET", "dead-letters/nope").status == 400)
            #expect(try await mesh.control("GET", "dead-letters?limit=0").status == 400)
        }
    }

    @Test func `a dead letter is discarded once, for the reason in the query or in the body`() async throws {
        try await withRouter { mesh in
            try await insertDeadLetters(mesh.pool, count: 3)
            let list = try await mesh.control("GET", "dead-letters")
            let ids = try (0..<3).map { try #require(list.member("dead_letters.\($0).id")) }
            func discard(_ id: String, _ body: String, query: String = "") async throws -> HTTPClient.Response {
                try await mesh.control("POST", "dead-letters/\(id)/discard\(query)", body: Array(body.utf8))
            }
            for body in ["t", "[]", #"{"reason":1}"#, #"{"reasons":"t"}"#, #"{"reason":"t"} x"#] {
                let refused = try await discard(ids[0], body)
                #expect(
                    refused.status == 400 && refused.member("code") == "INVALID_REQUEST", "\(body): \(refused.text)")
            }
            let two = try await discard(ids[0], #"{"reason":"one"}"#, query: "?reason=another")
            #expect(two.status == 400 && two.member("code") == "INVALID_REQUEST", "\(two.text)")
            #expect(try await discard(ids[0], #"{"reason":"in the body"}"#).status == 200)
            #expect(try await discard(ids[1], "{}", query: "?reason=in%20the%20query").status == 200)
            let reasons = try await mesh.pool.query(
                .oneOff("SELECT details ->> 'reason' FROM mesh.fact WHERE action = 'discard' ORDER BY id"))
            #expect(try reasons.map { try $0.text(0) } == ["in the body", "in the query"])
            // What became of it is said; only an id that never was isn't found.
            #expect(try await mesh.control("POST", "dead-letters/\(ids[2])/redrive").status == 200)
            for (id, status) in [(ids[0], "discarded"), (ids[2], "redriven")] {
                let again = try await discard(id, "")
                #expect(again.member("code") == "FAILED_PRECONDITION")
                #expect(again.member("message") == "dead letter \(id) can't be discarded: it is \(status) already")
            }
            #expect(try await discard("99999", "").member("code") == "NOT_FOUND")
        }
    }

    @Test func `bytes of a dead letter that aren't text are shown in base64 with its padding`() async throws {
        try await withRouter { mesh in
            try await insertDeadLetters(mesh.pool, count: 3)
            for (offset, bytes, text) in [(0, "ff", "/w=="), (1, "fffe", "//4="), (2, "fffefd", "//79")] {
                let row = try await mesh.pool.query(
                    .oneOff(
                        "UPDATE mesh.dead_letter SET payload = '\\x\(bytes)' WHERE record_offset = \(offset) RETURNING id"
                    ))
                let id = try #require(try row.first?.int64(0))
                #expect(try await mesh.control("GET", "dead-letters/\(id)").member("payloadBase64") == text)
            }
        }
    }

    @Test func `a header that a record has twice is shown once, with both values`() async throws {
        try await withRouter { mesh in
            try await insertDeadLetters(mesh.pool, count: 1)
            let row = try await mesh.pool.query(
                .oneOff(#"UPDATE mesh.dead_letter SET headers = '{"a":"1","b":"2","a":"3"}' RETURNING id"#))
            let id = try #require(try row.first?.int64(0))
            let shown = try await mesh.control("GET", "dead-letters/\(id)")
            #expect(shown.text.contains(#""headers":{"a":["1","3"],"b":"2"}"#), "\(shown.text)")
            #expect(shown.member("headers.b") == "2")
        }
    }

    @Test func `a dead letter is redriven with another payload, which fits the schema and keeps the key`() async throws
    {
        try await withRouter { mesh in
            try await insertDeadLetters(mesh.pool, count: 1)
            let id = try #require(try await mesh.control("GET", "dead-letters").member("dead_letters.0.id"))
            func redrive(_ body: String) async throws -> HTTPClient.Response {
                try await mesh.control("POST", "dead-letters/\(id)/redrive", body: Array(body.utf8))
            }
            for (body, problem) in [
                ("not json", "shop.Orders/count"), ("[]", "shop.Orders/count"), ("{}", "nothing to say"),
                (#"{"id":7}"#, "id"), (#"{"id":"k"} x"#, "shop.Orders/count"), (#"{"payload":{"id":"k"}}"#, "payload"),
                (#"{"id":"other"}"#, "the payload's key is 'other', and the dead letter's 'k'"),
            ] {
                let refused = try await redrive(body)
                #expect(
                    refused.status == 400 && refused.member("code") == "INVALID_REQUEST", "\(body): \(refused.text)")
                #expect(refused.member("message")?.contains(problem) == true, "\(body): \(refused.text)")
            }
            #expect(try await mesh.control("GET", "dead-letters/\(id)").member("status") == "open")
            let mended = #"{"id": "k"}"#
            let redriven = try await redrive(mended)
            #expect(redriven.status == 200 && redriven.member("status") == "redriven", "\(redriven.text)")
            let digest = try #require(redriven.member("payloadSHA256"))
            #expect(digest == SHA256.hex(Array(mended.utf8)))
            let fact = try await mesh.pool.query(
                .oneOff(
                    "SELECT details->>'payload_sha256', details->>'original_sha256' FROM mesh.fact WHERE action = 'redrive'"
                ))
            #expect(try fact.map { try $0.text(0) } == [digest])
            #expect(try fact.map { try $0.text(1) } == [SHA256.hex(Array(#"{"id":"x"}"#.utf8))])
            let shown = try await mesh.control("GET", "dead-letters/\(id)")
            #expect(shown.member("payload.id") == "x" && shown.member("status") == "redriven")
            #expect(try await redrive(mended).member("code") == "FAILED_PRECONDITION")
            let nobody = try await mesh.control("POST", "dead-letters/99999/redrive", body: Array(mended.utf8))
            #expect(nobody.status == 404)
        }
    }

    private func insertDeadLetters(_ pool: PostgresPool, count: Int) async throws {
        for offset in 0..<count {
            _ = try await pool.query(
                .oneOff(
                    """
                    INSERT INTO mesh.dead_letter (consumer_group, topic, partition, record_offset, service, method, key, message_id, type,
                        source, payload, headers, attempts, error_code, error_message)
                    VALUES ('wasmesh.default', 'shop.Orders', 0, $1, 'shop.Orders', 'count', 'k', 'm-' || $1, 'shop.Orders/count', '/http',
                        '{"id":"x"}', '{}', 6, 'OUT_OF_STOCK', 'none left')
                    """, parameterTypes: [.int8]), .integer(offset))
        }
    }
}
