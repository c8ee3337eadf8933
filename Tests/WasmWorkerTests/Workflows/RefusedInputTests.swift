import MeshCore
import Outbox
import Postgres
import TestSupport
import Testing

@testable import WasmWorker

/// Starts and signals that a workflow doesn't take.
@Suite(.serialized, .timeLimit(.minutes(4))) struct RefusedInputTests {
    private struct Input {
        let type: String
        let key: String
        let data: String
        let code: String
    }

    /// The workflow `done` is at its end, which it came to with the plan `L`; there is none of the key `nobody`.
    private static let inputs = [
        Input(type: "t.Flow/approve", key: "done", data: "{}", code: "FAILED_PRECONDITION"),
        Input(type: "t.Flow/approve", key: "done", data: #"{"by":1}"#, code: "INVALID_REQUEST"),
        Input(type: "t.Flow/fulfil", key: "done", data: #"{"plan":"LL"}"#, code: "CONFLICT"),
        Input(type: "t.Flow/approve", key: "nobody", data: "{}", code: "INSTANCE_NOT_FOUND"),
    ]

    @Test func `what a workflow refuses is a dead letter where nobody waits for the answer, and only there`()
        async throws
    {
        try await FlowMesh.with { mesh in
            var unheard: Set<String> = []
            try await mesh.withWorker { _ in
                _ = try await mesh.reply(to: try mesh.start("done", "L"))
                for input in Self.inputs {
                    let id = try mesh.send(input.type, key: input.key, input.data, extensions: MessageExtensions())
                    unheard.insert("\(id) \(input.type) \(input.key) \(input.code)")
                }
                for input in Self.inputs {
                    // Behind those of its key that nobody waits for.
                    let answer = try await mesh.reply(to: try mesh.send(input.type, key: input.key, input.data))
                    #expect(answer.status == .error && answer.text.contains(input.code), "\(input): \(answer.text)")
                }
            }
            let letters = try await mesh.database.query(
                .oneOff("SELECT concat_ws(' ', message_id, type, key, error_code) FROM mesh.dead_letter")
            ).map { try $0.text(0) }
            #expect(Set(letters) == unheard)
            #expect(letters.count == Self.inputs.count)
            #expect(try await mesh.record("done")?.row.status == .completed)
        }
    }
}
