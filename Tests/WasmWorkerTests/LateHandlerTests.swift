import MeshCore
import Outbox
import Schemas
import TestSupport
import Testing

@testable import WasmWorker

/// A service that comes to an event that others have heard for long.
@Suite(.serialized, .timeLimit(.minutes(1))) struct LateHandlerTests {
    @Test func `a service that hears an event for the first time begins with the oldest one`() async throws {
        try await TestMesh.with { mesh in
            try await mesh.withWorker { _ in
                try mesh.call(0..<100)
                try await mesh.expectAudited(100)
                // The worker that has them behind it runs on.
                try await mesh.deployLateAudit()
                try await eventually("all that there were", within: .seconds(20)) {
                    try await mesh.effects(in: "t.LateAudit") == 100
                }
                try mesh.call(100..<120)
                try await mesh.expectAudited(120)
                try await eventually("those that came later", within: .seconds(20)) {
                    try await mesh.effects(in: "t.LateAudit") == 120
                }
                for key in 0..<10 {
                    #expect(
                        try await mesh.log(of: "k\(key)", in: "t.LateAudit")
                            == stride(from: key, to: 120, by: 10).map { "m\($0)" })
                }
            }
        }
    }
}

extension TestMesh {
    /// Deploys another service that handles the ledger's event, in a package of its own.
    fileprivate func deployLateAudit() async throws {
        let text = """
            @mesh(namespace: "t", version: "1.0.0")
            type Entry @key(field: "id") { id: ID! log: String! }
            type Written { id: ID! message: String! }
            service LateAudit @state(type: "Entry") {
              @handles(event: "t.written", key: "id") onWritten(event: Written!): Void
            }
            """
        let ledger = SchemaCompiler.compile([SchemaSource(path: "ledger", text: Self.schemaText)])
        try await makeTopics(["t.LateAudit", Topics.deadLetters(of: "t.LateAudit")])
        try await deploy(text, against: [try #require(ledger.schema)])
    }
}
