import Foundation
import HTTPServer
import TestSupport
import Testing

/// A user's way through a project with one running `wasmesh dev`.
@Suite(.serialized) struct DevelopmentTests {
    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `a call changes state, which the command line and SQL show`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        _ = try await mesh.wasmesh("call", "probe.Counters/add", #"{"id": "a", "by": 3}"#)
        let answer = try await mesh.wasmesh("call", "probe.Counters/add", #"{"id": "a", "by": 4}"#)
        #expect(answer.exit == 0, "\(answer)")
        #expect(try object(answer.out)["value"] as? Int == 7)
        let state = try await mesh.wasmesh("state", "probe.Counters", "a", "--json")
        #expect(state.exit == 0, "\(state)")
        #expect(state.out.contains(#""value":7"#), "\(state)")
        #expect(try await mesh.sql("select value from probe.counters where id = 'a'") == "7")
        try await eventually("the listener to hear both events") {
            try await mesh.sql("select sum || '/' || times from probe.listeners where id = 'a'") == "7/2"
        }
    }

    @Test func `a handler knows whose token came with a call`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let own = try await mesh.wasmesh("call", "probe.Counters/who", "{}")
        #expect(try object(own.out)["value"] as? String == "dev owns", "\(own)")
        let secret = try String(contentsOfFile: mesh.directory + "/.wasmesh/dev/token", encoding: .utf8)
        var headers = HTTPHeaders()
        headers.add("Authorization", "Bearer " + secret.trimmingCharacters(in: .whitespacesAndNewlines))
        let made = try await HTTPClient().request(
            "POST", mesh.router + "/api/v1/tokens", headers: headers,
            body: Array(#"{"name": "ada", "roles": ["clerk", "owner"]}"#.utf8))
        let token = try object(made.text)["token"] as? String ?? "\(made.text)"
        let ada = try await mesh.wasmesh("call", "probe.Counters/who", "{}", "--token", token)
        #expect(try object(ada.out)["value"] as? String == "ada clerk owner owns", "\(ada)")
        // No handler with `@auth`: whose token isn't known may call all the same, and is nobody.
        let nobody = try await mesh.wasmesh("call", "probe.Counters/who", "{}", "--token", "of nobody that is known")
        #expect(try object(nobody.out)["value"] as? String == "nobody", "\(nobody)")
    }

    @Test func `data comes from a file or standard input as well`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        try #"{"id": "f", "by": 1}"#.write(toFile: mesh.directory + "/add.json", atomically: true, encoding: .utf8)
        let file = try await mesh.wasmesh("call", "probe.Counters/add", "@add.json")
        #expect(file.exit == 0, "\(file)")
        let input = try await mesh.wasmesh("call", "probe.Counters/add", "-", input: #"{"id": "f", "by": 2}"#)
        #expect(try object(input.out)["value"] as? Int == 3)
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let words: [String]
        let exit: Int32
        let mentions: String
        var testDescription: String { words.joined(separator: " ") }
    }

    @Test(arguments: [
        Refused(words: ["call", "probe.Counters/add", "{"], exit: 2, mentions: "DATA:1:2"),
        Refused(words: ["call", "probe.Counters/add", #"{"id": "x"}"#], exit: 1, mentions: "by"),
        Refused(words: ["call", "probe.Counters/add", #"{"id": "x", "by": "1"}"#], exit: 1, mentions: "by"),
        Refused(words: ["call", "probe.Counters/add", #"{"id": "x", "by": 0}"#], exit: 1, mentions: "by"),
        Refused(
            words: ["call", "probe.Counters/add", #"{"id": "x", "by": 1, "colour": 1}"#], exit: 1, mentions: "colour"),
        Refused(words: ["call", "probe.Counters/ad", "{}"], exit: 1, mentions: "ad"),
        Refused(words: ["call", "probe.Nobody/add", "{}"], exit: 1, mentions: "probe.Nobody"),
        Refused(
            words: ["call", "probe.Counters/onOrder", #"{"event": {"id": "x", "value": 1}}"#], exit: 1,
            mentions: "onOrder"),
        Refused(words: ["call", "probe", "{}"], exit: 2, mentions: "namespace.Service/method"),
        Refused(
            words: ["call", "probe.Counters/refuse", #"{"id": "kite"}"#], exit: 1, mentions: "there is no kite left"),
        Refused(words: ["emit", "probe.unheard", "{}"], exit: 1, mentions: "probe.unheard"),
        Refused(words: ["emit", "probe.order", #"{"id": "x"}"#], exit: 1, mentions: "value"),
        Refused(words: ["deploy", "wasmesh.json"], exit: 1, mentions: "WebAssembly"),
        Refused(words: ["deploy", "0123456789abcdef"], exit: 1, mentions: "0123456789"),
        Refused(words: ["services", "--token", "wrong"], exit: 4, mentions: "token"),
        Refused(words: ["dead-letters", "show", "999999"], exit: 1, mentions: "999999"),
        Refused(words: ["state", "probe.Counters", "nobody"], exit: 1, mentions: "nobody"),
    ])
    func `bad input is refused with its reason and an exit code`(_ refused: Refused) async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let run = try await Wasmesh.run(refused.words, in: mesh.directory)
        #expect(run.exit == refused.exit, "\(run)")
        #expect(run.error.contains(refused.mentions), "\(run)")
        #expect(run.out == "")
    }

    @Test func `a handler's own error arrives with its code and details`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let run = try await mesh.wasmesh("call", "probe.Counters/refuse", #"{"id": "kite"}"#, "--json")
        let error = try object(run.error)
        #expect(error["code"] as? String == "OUT_OF_STOCK", "\(run)")
        #expect((error["details"] as? [String: String]) == ["id": "kite"], "\(run)")
    }

    @Test func `a trap in one message harms nobody else`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let trapped = try await mesh.wasmesh("call", "probe.Counters/trap", #"{"id": "t"}"#)
        #expect(trapped.exit == 1, "\(trapped)")
        let fine = try await mesh.wasmesh("call", "probe.Counters/add", #"{"id": "t", "by": 1}"#)
        #expect(fine.exit == 0, "\(fine)")
    }

    @Test func `an idempotency key gives the stored answer, and refuses another body`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let words = ["call", "probe.Counters/add", #"{"id": "i", "by": 5}"#, "--idempotency-key", "once"]
        let first = try await Wasmesh.run(words, in: mesh.directory)
        let second = try await Wasmesh.run(words, in: mesh.directory)
        #expect(first.exit == 0, "\(first)")
        #expect(first.out == second.out)
        #expect(try await mesh.sql("select value from probe.counters where id = 'i'") == "5")
        let other = try await mesh.wasmesh(
            "call", "probe.Counters/add", #"{"id": "i", "by": 6}"#, "--idempotency-key", "once")
        #expect(other.exit == 4, "\(other)")
    }

    @Test func `send doesn't wait, and SQL can send in its own transaction`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let sent = try await mesh.wasmesh("send", "probe.Counters/add", #"{"id": "s", "by": 2}"#)
        #expect(sent.exit == 0 && sent.out.count > 30, "\(sent)")
        _ = try await mesh.sql(
            "begin; select mesh.send('probe.Counters/add', 's', '{\"id\": \"s\", \"by\": 40}'); rollback")
        _ = try await mesh.sql("select mesh.send('probe.Counters/add', 's', '{\"id\": \"s\", \"by\": 3}')")
        try await eventually("both to be done") {
            try await mesh.sql("select value from probe.counters where id = 's'") == "5"
        }
    }

    @Test func `services and routes tell what is there`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let services = try await mesh.wasmesh("services")
        #expect(services.out.contains("probe.Counters") && services.out.contains("probe.Listeners"), "\(services)")
        let routes = try await mesh.wasmesh("routes")
        #expect(routes.out.contains("POST /probe.Counters/add"), "\(routes)")
        #expect(routes.out.contains("probe.Listeners/onCounted"), "\(routes)")
    }

    @Test func `doctor finds nothing wrong`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let run = try await mesh.wasmesh("doctor")
        #expect(run.exit == 0, "\(run)")
        #expect(!run.out.contains("FAIL"), "\(run)")
    }

    @Test func `a second dev in one directory is refused`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let run = try await mesh.wasmesh("dev", "--headless")
        #expect(run.exit == 4, "\(run)")
        #expect(run.error.contains("runs here already"), "\(run)")
    }

    @Test func `a killed worker loses nothing and doubles nothing`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let worker = try WorkerProcess(in: mesh.directory, id: "doomed")
        try await eventually("the second worker to own partitions", within: .seconds(60)) {
            try await mesh.sql("select count(*) > 0 from mesh.position where owner = 'doomed'") == "t"
        }
        let total = 400
        _ = try await mesh.sql(
            """
            select count(mesh.send('probe.Counters/add', 'k' || n % 40, jsonb_build_object('id', 'k' || n % 40, 'by', 1)))
            from generate_series(1, \(total)) n
            """)
        try await eventually("some of them to be done") {
            try await mesh.sql("select coalesce(sum(value), 0) > 20 from probe.counters where id ~ '^k[0-9]+$'") == "t"
        }
        worker.kill()
        try await eventually("all of them to be done", within: .seconds(90)) {
            try await mesh.sql("select coalesce(sum(value), 0) >= \(total) from probe.counters where id ~ '^k[0-9]+$'")
                == "t"
        }
        try await eventually("all events to be heard", within: .seconds(60)) {
            try await mesh.sql("select coalesce(sum(times), 0) >= \(total) from probe.listeners where id ~ '^k[0-9]+$'")
                == "t"
        }
        #expect(try await mesh.sql("select sum(value) from probe.counters where id ~ '^k[0-9]+$'") == "\(total)")
        #expect(try await mesh.sql("select sum(times) from probe.listeners where id ~ '^k[0-9]+$'") == "\(total)")
    }

    @Test func `a refused event becomes a dead letter, and is redriven after a fix that is only saved`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let emitted = try await mesh.wasmesh("emit", "probe.order", #"{"id": "d", "value": 9}"#)
        #expect(emitted.exit == 0, "\(emitted)")
        let letter = try await eventually("the dead letter", within: .seconds(60)) { () -> [String: Any]? in
            let run = try await mesh.wasmesh("dead-letters", "list", "--service", "probe.Counters", "--json")
            let list = try JSONSerialization.jsonObject(with: Data(run.out.utf8))
            let letters =
                (list as? [String: Any])?.values.compactMap { $0 as? [[String: Any]] }.first ?? list as? [[String: Any]]
            return letters?.first { ($0["key"] as? String) == "d" }
        }
        let id = String(describing: try #require(letter["id"]))
        let shown = try await mesh.wasmesh("dead-letters", "show", id)
        #expect(shown.exit == 0 && shown.out.contains("orders are broken"), "\(shown)")

        try Probe.source(refusesOrders: false).write(
            toFile: mesh.directory + "/Sources/Probe/Counters.swift", atomically: true, encoding: .utf8)
        try await eventually("the worker to run the saved fix", within: .seconds(120)) {
            try await mesh.wasmesh("call", "probe.Counters/refuse", #"{"id": "kite"}"#).error.contains("as ever")
        }
        let redriven = try await mesh.wasmesh("dead-letters", "redrive", id)
        #expect(redriven.exit == 0, "\(redriven)")
        try await eventually("the redriven event to be handled", within: .seconds(30)) {
            try await mesh.sql("select value from probe.counters where id = 'd'") == "9"
        }
        #expect(try await mesh.sql("select count(*) from mesh.dead_letters where key = 'd'") == "0")
    }
}
