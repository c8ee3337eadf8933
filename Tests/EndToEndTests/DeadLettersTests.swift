import Foundation
import TestSupport
import Testing

/// What operators do with dead letters, through the built program.
struct DeadLettersTests {
    @Test func `a message that was wrong itself is found, mended and handled, and the original is kept`() async throws {
        let mesh = try await SharedMesh.shared.mesh()
        _ = try await mesh.sql("select mesh.send('probe.Counters/add', 'mend', '{\"id\": \"mend\", \"by\": 5000}')")
        let words = ["list", "--method", "add", "--key", "mend", "--code", "INVALID_REQUEST", "--json"]
        let id: String = try await eventually("the dead letter", within: .seconds(60)) {
            let run = try await Wasmesh.run(["dead-letters"] + words, in: mesh.directory)
            return run.out.firstMatch(of: /"id": ?"(\d+)"/).map { String($0.output.1) }
        }
        let refused = try await mesh.wasmesh(
            "dead-letters", "redrive", id, "--payload", "-", input: #"{"id": "mend", "by": 6000}"#)
        #expect(refused.exit == 1 && refused.error.contains("by"), "\(refused)")
        let moved = try await mesh.wasmesh(
            "dead-letters", "redrive", id, "--payload", "-", input: #"{"id": "mended", "by": 5}"#)
        #expect(moved.exit == 1 && moved.error.contains("keeps its key"), "\(moved)")
        let redriven = try await mesh.wasmesh(
            "dead-letters", "redrive", id, "--payload", "-", input: #"{"id": "mend", "by": 5}"#)
        #expect(redriven.exit == 0, "\(redriven)")
        try await eventually("the mended message to be handled", within: .seconds(30)) {
            try await mesh.sql("select value from probe.counters where id = 'mend'") == "5"
        }
        let kept = try await mesh.sql(
            "select status, convert_from(payload, 'UTF8')::json->>'by' from mesh.dead_letter where id = \(id)")
        #expect(kept == "redriven|5000")
        let digests = try await mesh.sql(
            "select length(details->>'payload_sha256'), details->>'original_sha256' <> details->>'payload_sha256' from mesh.fact where subject = 'dead letter \(id)'"
        )
        #expect(digests == "64|t")
    }
}
