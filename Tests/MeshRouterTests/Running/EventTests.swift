import HTTPServer
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct EventTests {
    private func headers(_ id: String, type: String = "order.placed", source: String = "/till") -> [(String, String)] {
        [
            ("Content-Type", "application/json"), ("ce-specversion", "1.0"), ("ce-id", id), ("ce-type", type),
            ("ce-source", source),
        ]
    }

    private func structured(_ id: String, _ data: String, type: String = "order.placed") -> String {
        #"{"specversion":"1.0","id":"\#(id)","source":"/till","type":"\#(type)","time":"2026-11-21T13:00:00Z","data":\#(data)}"#
    }

    @Test func `an event in binary mode reaches its topic with its id, and its key field as key`() async throws {
        try await withRouter { mesh in
            let answer = try await mesh.post("/events", #"{"id":"o-1","customer":"c"}"#, headers("e-1"))
            #expect(answer.status == 202)
            #expect(answer.member("accepted") == "1")
            let event = try await mesh.responder.messages.wait(for: 1)[0]
            #expect(event.id == "e-1")
            #expect(event.source == "/till")
            #expect(event.type == "order.placed")
            #expect(event.key == "o-1")
        }
    }

    @Test(arguments: [("Mesh-Delay-Ms", "1000"), ("Mesh-Due", "2090-01-31T08:00:00Z")])
    func `an event isn't published later`(header: (String, String)) async throws {
        try await withRouter { mesh in
            let answer = try await mesh.post("/events", #"{"id":"o-1","customer":"c"}"#, headers("e-1") + [header])
            #expect(answer.status == 400 && answer.member("code") == "INVALID_REQUEST", "\(answer.text)")
            #expect(answer.member("message")?.contains("\(header.0)") == true, "\(answer.text)")
        }
    }

    @Test func `structured and batched mode work, and a batch is accepted in its order`() async throws {
        try await withRouter { mesh in
            let one = try await mesh.post(
                "/events", structured("e-0", #"{"id":"o","customer":"c"}"#),
                [("Content-Type", "application/cloudevents+json")])
            #expect(one.status == 202)
            let batch = (1...50).map { structured("e-\($0)", #"{"id":"o","customer":"c\#($0)"}"#) }.joined(
                separator: ",")
            let many = try await mesh.post(
                "/events", "[\(batch)]", [("Content-Type", "application/cloudevents-batch+json")])
            #expect(many.member("accepted") == "50")
            let events = try await mesh.responder.messages.wait(for: 51)
            #expect(events.map(\.id) == (0...50).map { "e-\($0)" })
        }
    }

    @Test func `an event is known by its name's bytes, whatever else looks the same`() async throws {
        let schema = """
            @mesh(namespace: "tasks", version: "1.0.0")
            type Kept { id: ID! }
            service Tasks {
              @emits(event: "task.Kept", key: "id")
              kept(event: Kept!): Void
            }
            """
        try await withRouter(schemas: [schema]) { mesh in
            let headers = [("Content-Type", "application/cloudevents+json")]
            let kelvin = try await mesh.post(
                "/events", structured("a", #"{"id":"1"}"#, type: "task.\u{212A}ept"), headers)
            #expect(kelvin.status == 404 && kelvin.member("code") == "NOT_FOUND", "\(kelvin.text)")
            #expect(
                try await mesh.post("/events", structured("a", #"{"id":"1"}"#, type: "task.Kept"), headers).status
                    == 202)
            let state = try await mesh.control("GET", "state/tas%E2%84%AAs.Tasks/1")
            #expect(state.member("code") == "NOT_FOUND", "\(state.text)")
        }
    }

    @Test func `an event that comes again is answered alike and published once`() async throws {
        try await withRouter { mesh in
            for _ in 0..<3 {
                #expect(try await mesh.post("/events", #"{"id":"o-1","customer":"c"}"#, headers("same")).status == 202)
            }
            let again = try await mesh.post("/events", #"{"id":"o-1","customer":"c"}"#, headers("same"))
            #expect(again.member("accepted") == "0" && again.member("repeated") == "1")
            // The same id from another source is another event.
            _ = try await mesh.post("/events", #"{"id":"o-1","customer":"c"}"#, headers("same", source: "/web"))
            #expect(try await mesh.responder.messages.wait(for: 2).map(\.source) == ["/till", "/web"])
            #expect(try await mesh.pool.query(.oneOff("SELECT count(*) FROM mesh.outbox")).first?.int64(0) == 2)
        }
    }

    @Test func `the same id with other content is a conflict, also within a batch`() async throws {
        try await withRouter { mesh in
            let batch = [
                structured("a", #"{"id":"1","customer":"c"}"#), structured("b", #"{"id":"1","customer":"c"}"#),
                structured("a", #"{"id":"1","customer":"c"}"#), structured("b", #"{"id":"2","customer":"c"}"#),
            ]
            let answer = try await mesh.post(
                "/events", "[\(batch.joined(separator: ","))]", [("Content-Type", "application/cloudevents-batch+json")]
            )
            #expect(answer.status == 409)
            #expect(answer.member("code") == "CONFLICT")
            #expect(answer.member("details.accepted") == "2")
            #expect(answer.member("details.repeated") == "1")
            #expect(answer.member("details.conflicts.0") == "b")
            #expect(try await mesh.responder.messages.wait(for: 2).map(\.id) == ["a", "b"])
        }
    }

    @Test func `without a key field the subject is the key, else the id`() async throws {
        try await withRouter { mesh in
            _ = try await mesh.post(
                "/events", #"{"note":"x"}"#, headers("e-1", type: "shop.pinged") + [("ce-subject", "s")])
            _ = try await mesh.post("/events", #"{"note":"x"}"#, headers("e-2", type: "shop.pinged"))
            let events = try await mesh.responder.messages.wait(for: 2)
            #expect(Dictionary(events.map { ($0.id, $0.key) }, uniquingKeysWith: { $1 }) == ["e-1": "s", "e-2": "e-2"])
        }
    }

    @Test func `events that aren't right are refused and nothing is accepted`() async throws {
        try await withRouter { mesh in
            let unknown = try await mesh.post("/events", "{}", headers("e", type: "no.such"))
            #expect(unknown.status == 404)
            let wrong = try await mesh.post("/events", #"{"id":"o-1"}"#, headers("e"))
            #expect(wrong.status == 400)
            #expect(wrong.member("details.path") == "customer")
            let batch = "[\(structured("a", #"{"id":"1","customer":"c"}"#)),\(structured("b", #"{"id":1}"#))]"
            let half = try await mesh.post("/events", batch, [("Content-Type", "application/cloudevents-batch+json")])
            #expect(half.status == 400)
            #expect(half.member("message")?.contains("event 1 of the batch") == true)
            let get = try await mesh.get("/events")
            #expect(get.status == 405)
            let brotli = try await mesh.post("/events", "{}", headers("e") + [("Content-Encoding", "br")])
            #expect(brotli.status == 415)
            for type in [
                "application/xml", "text/plain", "application/cloudevents+xml", "application/json; charset=latin1",
            ] {
                let unspoken = try await mesh.post(
                    "/events", #"{"id":"o-1","customer":"c"}"#,
                    headers("e").filter { $0.0 != "Content-Type" } + [("Content-Type", type)])
                #expect(unspoken.status == 415 && unspoken.member("code") == "INVALID_REQUEST", "\(type)")
                #expect(
                    unspoken.headers["Accept-Post"]?.contains("application/cloudevents-batch+json") == true, "\(type)")
            }
            #expect(try await mesh.pool.query(.oneOff("SELECT count(*) FROM mesh.outbox")).first?.int64(0) == 0)
        }
    }

    @Test func `an attribute that is given twice, or is empty, is refused`() async throws {
        try await withRouter { mesh in
            for (name, value) in [
                ("Ce-Id", "other"), ("ce-type", "order.cancelled"), ("CE-source", "/other"), ("ce-anything", "1"),
                ("content-type", "text/plain"), ("content-encoding", "gzip"),
            ] {
                var fields = headers("e") + [("ce-anything", "2"), ("Content-Encoding", "identity")]
                fields.append((name, value))
                let answer = try await mesh.post("/events", #"{"id":"o-1","customer":"c"}"#, fields)
                #expect(answer.status == 400 && answer.member("code") == "INVALID_REQUEST", "\(answer.text)")
                #expect(answer.member("message")?.hasSuffix("is given 2 times") == true, "\(answer.text)")
            }
            let empty = try await mesh.post(
                "/events", #"{"id":"o-1","customer":"c"}"#, headers("e") + [("ce-subject", "\"\"")])
            #expect(empty.member("message")?.hasPrefix("the attribute subject is empty") == true, "\(empty.text)")
            #expect(try await mesh.pool.query(.oneOff("SELECT count(*) FROM mesh.outbox")).first?.int64(0) == 0)
        }
    }
}
