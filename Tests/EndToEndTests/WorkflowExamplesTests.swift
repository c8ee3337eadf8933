import Foundation
import TestSupport
import Testing

/// `Examples/workflows` on a running `wasmesh dev`: what its README says that the methods answer.
@Suite struct WorkflowExamplesTests {
    /// The rows of its table that neither wait for days nor for others.
    private static let rows: [(method: String, arguments: String, answer: String)] = [
        ("Calls/sequence", #"{"id":"a","item":"kite"}"#, #""40 asked""#),
        ("Calls/substitute", #"{"id":"b","item":"nothing"}"#, #""other""#),
        ("Calls/all", #"{"id":"c","suppliers":["x","yy","zzz"]}"#, #""60""#),
        ("Calls/best", #"{"id":"f","suppliers":["xx","y","z"],"enough":2}"#, #""supplier""#),
        ("Calls/fanOut", #"{"id":"g","count":500}"#, "250500"),
        ("Clocks/remind", #"{"id":"h","days":0}"#, "T"),
        ("Families/changed", #"{"id":"s"}"#, #""new""#),
        ("Trips/book", #"{"id":"t","items":["boat","car"],"price":"900"}"#, #""hold-boat""#),
        (
            "Parcels/send",
            #"{"id":"v","parcel":{"weight":3,"express":true,"gift":true,"price":"0","steps":[]}}"#, #""customs""#
        ),
    ]

    @Test func `the examples of workflows answer in a mesh as their page says`() async throws {
        let project = try scratchDirectory("examples") + "/workflows"
        try FileManager.default.copyItem(atPath: TestEnvironment.checkout + "/Examples/workflows", toPath: project)
        for name in [".build", ".wasmesh"] { try? FileManager.default.removeItem(atPath: project + "/" + name) }
        let mesh = try await DevelopmentProcess(in: project, ["--no-watch"])
        for row in Self.rows {
            let answered = try await mesh.wasmesh("call", "examples." + row.method, row.arguments)
            #expect(answered.exit == 0 && answered.out.contains(row.answer), "\(row.method): \(answered)")
        }
        try await callTheOutside(mesh)
        // A clock that has slept, by a day in no time: its timer is made due.
        async let reminded = mesh.wasmesh("call", "examples.Clocks/remind", #"{"id":"days","days":1}"#)
        try await eventually("the clock to sleep", within: .seconds(20)) {
            try await mesh.sql("SELECT count(*) FROM mesh.timer WHERE id = 'days' AND kind = 'sleep'") == "1"
        }
        #expect(
            try await mesh.sql("SELECT due > now() + interval '23 hours' FROM mesh.timer WHERE id = 'days'") == "t")
        let ended = try await mesh.wasmesh("workflows", "terminate", "examples.Clocks", "days", "--reason", "too long")
        #expect(ended.exit == 0, "\(ended)")
        #expect(try await reminded.exit != 0)
        #expect(try await mesh.sql("SELECT count(*) FROM mesh.timer WHERE id = 'days'") == "0")

        async let approval = mesh.wasmesh("call", "examples.Desks/approval", #"{"id":"j"}"#)
        try await eventually("the desk to wait", within: .seconds(20)) {
            try await mesh.wasmesh("call", "examples.Desks/progress", #"{"id":"j"}"#).out.contains(#""waiting""#)
        }
        let signal = try await mesh.wasmesh("call", "examples.Desks/approve", #"{"id":"j","by":"ada"}"#)
        #expect(signal.exit == 0, "\(signal)")
        let answer = try await approval
        #expect(answer.exit == 0 && answer.out.contains(#""ada""#), "\(answer)")

        try await haggle(mesh)
        async let collected = mesh.wasmesh("call", "examples.Desks/collect", #"{"id":"reader"}"#)
        try await eventually("the reader", within: .seconds(20)) {
            try await mesh.sql("SELECT count(*) FROM mesh.workflow WHERE id = 'reader'") == "1"
        }
        let dictated = try await mesh.wasmesh(
            "call", "examples.Desks/dictate", #"{"id":"writer","to":"reader","lines":5}"#)
        #expect(dictated.exit == 0, "\(dictated)")
        #expect(try await collected.out.contains("5"))
    }

    /// Signals that the workflow's code answers.
    private func haggle(_ mesh: DevelopmentProcess) async throws {
        func offer(_ amount: Int) async throws -> Wasmesh.Outcome {
            try await mesh.wasmesh("workflows", "signal", "examples.Desks/offer", "k", #"{"amount":\#(amount)}"#)
        }
        let nobody = try await offer(60)
        #expect(nobody.exit == 1 && nobody.error.contains("examples.Desks \"k\""), "\(nobody)")
        async let bought = mesh.wasmesh("call", "examples.Desks/haggle", #"{"id":"k","price":100}"#)
        try await eventually("the seller to wait", within: .seconds(20)) {
            try await mesh.sql("SELECT waiting_for FROM mesh.workflow WHERE id = 'k'") == "signal offer"
        }
        let rude = try await offer(5)
        #expect(rude.exit == 1 && rude.error.contains("RUDE: 5 for what is worth 100"), "\(rude)")
        let low = try await offer(60)
        #expect(low.exit == 0 && low.out == "{\"isTaken\":false,\"asks\":90}\n", "\(low)")
        let called = try await mesh.wasmesh("call", "examples.Desks/offer", #"{"id":"k","amount":95}"#)
        #expect(called.exit == 0 && called.out.contains(#""isTaken":true"#), "\(called)")
        let answer = try await bought
        #expect(answer.exit == 0 && answer.out.contains("95"), "\(answer)")
        let shown = try await mesh.wasmesh("workflows", "show", "examples.Desks", "k")
        #expect(shown.out.contains(#"answered {"isTaken":false,"asks":90}"#), "\(shown)")
        #expect(shown.out.contains("refused with RUDE"), "\(shown)")
        let replayed = try await mesh.wasmesh("workflows", "replay", "examples.Desks", "k")
        #expect(replayed.exit == 0 && replayed.out.contains("answers the signal of operation 2"), "\(replayed)")
        #expect(try await offer(100).exit == 4)
    }

    /// The router's own page is outside for a guest.
    private func callTheOutside(_ mesh: DevelopmentProcess) async throws {
        let asked = try await mesh.wasmesh(
            "call", "examples.Outside/ask", #"{"id":"w","url":"\#(mesh.router)/healthz"}"#)
        #expect(asked.exit == 0 && asked.out.contains("ok"), "\(asked)")
        let refused = try await mesh.wasmesh(
            "call", "examples.Outside/ask", #"{"id":"x","url":"\#(mesh.router)/nothing"}"#)
        #expect(refused.exit != 0 && refused.error.contains("404"), "\(refused)")
        #expect(try await mesh.sql("SELECT count(*) FROM mesh.http_call") == "0")

        let granted = try await mesh.wasmesh("grants", "add", "examples.Outside", "http:\(mesh.router)/", "secret:k@*")
        #expect(granted.exit == 0 && granted.out.contains("may now http:"), "\(granted)")
        let listed = try await mesh.wasmesh("grants", "list", "--service", "examples.Outside")
        #expect(listed.out.contains("http:\(mesh.router)/") && listed.out.contains("secret:k@*"), "\(listed)")
        #expect(try await mesh.wasmesh("grants", "revoke", "examples.Outside", "secret:k@*").exit == 0)
        let twice = try await mesh.wasmesh("grants", "revoke", "examples.Outside", "secret:k@*")
        #expect(twice.exit != 0 && twice.error.contains("no grant"), "\(twice)")
        let odd = try await mesh.wasmesh("grants", "add", "examples.Outside", "files:/etc")
        #expect(odd.exit == 2 && odd.error.contains("no capability"), "\(odd)")
        let facts = try await mesh.sql(
            "SELECT string_agg(action, ',' ORDER BY id) FROM mesh.fact WHERE action LIKE '%grant'")
        #expect(facts == "grant,grant,revoke grant")
        try await limitTheOutside(mesh)
    }

    private func limitTheOutside(_ mesh: DevelopmentProcess) async throws {
        let set = try await mesh.wasmesh("limits", "set", mesh.router + "/", "--rate", "600/m", "--concurrency", "4")
        #expect(set.exit == 0 && set.out.contains("\(mesh.router) is called at most 600/m, 4 at once"), "\(set)")
        let listed = try await mesh.wasmesh("limits", "list")
        #expect(listed.exit == 0 && listed.out.contains("600/m, 4 at once"), "\(listed)")
        let asked = try await mesh.wasmesh(
            "call", "examples.Outside/ask", #"{"id":"y","url":"\#(mesh.router)/healthz"}"#)
        #expect(asked.exit == 0 && asked.out.contains("ok"), "\(asked)")
        for (option, value) in [("--rate", "10 a second"), ("--concurrency", "0")] {
            let refused = try await mesh.wasmesh("limits", "set", mesh.router, option, value)
            #expect(refused.exit == 2 && refused.error.contains(value), "\(refused)")
        }
        let empty = try await mesh.wasmesh("limits", "set", mesh.router)
        #expect(empty.exit == 2 && empty.error.contains("--rate"), "\(empty)")
        let path = try await mesh.wasmesh("limits", "set", mesh.router + "/v1/", "--rate", "1/s")
        #expect(path.exit == 2 && path.error.contains("all of \(mesh.router)"), "\(path)")
        #expect(try await mesh.wasmesh("limits", "remove", mesh.router).exit == 0)
        let twice = try await mesh.wasmesh("limits", "remove", mesh.router)
        #expect(twice.exit != 0 && twice.error.contains("has no limit"), "\(twice)")
    }
}
