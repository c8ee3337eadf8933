import Foundation
import TestSupport
import Testing

/// Calls that are sent later, through the built program.
struct DelayedSendTests {
    private func value(_ id: String, _ mesh: DevelopmentProcess) async throws -> String {
        try await mesh.sql("select coalesce(max(value), 0) from probe.counters where id = '\(id)'")
    }

    @Test func `a call is sent when its time has come, and listed until then`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let sent = try await mesh.wasmesh(
            "send", "probe.Counters/add", #"{"id": "soon", "by": 5}"#, "--delay", "2s")
        let id = sent.out.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(sent.exit == 0 && id.count == 36, "\(sent)")
        let listed = try await mesh.wasmesh("delayed", "list", "--service", "probe.Counters")
        #expect(listed.out.contains(id) && listed.out.contains("probe.Counters/add"), "\(listed)")
        #expect(listed.out.contains("soon") && listed.out.contains("/http"), "\(listed)")
        #expect(try await value("soon", mesh) == "0")
        try await eventually("it took effect", within: .seconds(20)) { try await value("soon", mesh) == "5" }
        let early = try await mesh.sql("select count(*) from mesh.delayed_send where id = '\(id)'")
        #expect(early == "0")
        let none = try await mesh.wasmesh("delayed", "list", "--service", "probe.Listeners")
        #expect(none.exit == 0 && none.out == "no delayed calls of probe.Listeners\n", "\(none)")
    }

    @Test func `a handler and SQL send later too`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let called = try await mesh.wasmesh(
            "call", "probe.Counters/addLater", #"{"id": "handled", "by": 7, "after": "PT1.5S"}"#)
        #expect(called.exit == 0, "\(called)")
        _ = try await mesh.sql(
            #"select mesh.send('probe.Counters/add', null, '{"id": "handled", "by": 30}', now() + interval '1 second')"#
        )
        #expect(
            try await mesh.sql(
                "select string_agg(source, ',' order by source) from mesh.delayed_send where key = 'handled'")
                == "/probe.Counters,/sql")
        #expect(try await value("handled", mesh) == "0")
        try await eventually("both took effect", within: .seconds(20)) { try await value("handled", mesh) == "37" }
    }

    @Test func `one that is taken back is never sent`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        let sent = try await mesh.wasmesh(
            "send", "probe.Counters/add", #"{"id": "never", "by": 5}"#, "--at", "2090-01-31T08:00:00+01:00")
        let id = sent.out.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(sent.exit == 0, "\(sent)")
        #expect(
            try await mesh.sql("select due = '2090-01-31 07:00:00Z' from mesh.delayed_send where id = '\(id)'") == "t")
        let cancelled = try await mesh.wasmesh("delayed", "cancel", id)
        #expect(cancelled.exit == 0 && cancelled.out == "\(id) isn't sent any more\n", "\(cancelled)")
        let again = try await mesh.wasmesh("delayed", "cancel", id)
        #expect(again.exit == 1 && again.error.contains("on its way already"), "\(again)")
    }

    @Test(arguments: [
        (["--delay", "1s", "--at", "2090-01-31T08:00:00Z"], "both given"), (["--at", "tomorrow"], "isn't a time"),
        (["--delay", "soon"], "3d"),
    ])
    func `a time that can't be meant is a mistake of the command line`(options: [String], reason: String) async throws {
        let outcome = try await Wasmesh.run(["send", "probe.Counters/add", "{}"] + options, in: NSTemporaryDirectory())
        #expect(outcome.exit == 2 && outcome.error.contains(reason), "\(outcome)")
    }
}
