import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import WasmWorker

/// One message that can't be handled mustn't take the others of its batch with it (I6).
@Suite struct BatchHandlerTests {
    /// Refuses what says so, and counts in the state what it took.
    private struct Code: GuestCode {
        let digest = "d"

        func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
            let text = String(decoding: request.data, as: UTF8.self)
            if text.contains("refused") {
                return GuestRun(
                    outcome: .failed(GuestFailure(code: "NO", message: "no", details: nil, retryable: false)))
            }
            if text.contains("trap") {
                return GuestRun(outcome: .trapped(GuestTrap(kind: .unreachable, message: "trap")))
            }
            if text.contains("later"), request.facts.attempt == 1 {
                return GuestRun(
                    outcome: .failed(GuestFailure(code: "LATER", message: "later", details: nil, retryable: true)))
            }
            let state = String(decoding: request.state ?? Array("{\"key\":\"k\",\"took\":[]}".utf8), as: UTF8.self)
            let took = state.dropLast(2) + (state.hasSuffix("[]}") ? "" : ",") + JSONText.string(text) + "]}"
            return GuestRun(
                outcome: .completed(GuestEffects(reply: nil, state: .set(Array(took.utf8)), messages: [])))
        }
    }

    private func catalog(_ handler: String) throws -> ServiceCatalog {
        let compilation = SchemaCompiler.compile([
            SchemaSource(
                path: "t.mesh.graphql",
                text: """
                    @mesh(namespace: "t", version: "1.0.0")
                    type Kept @key(field: "key") { key: ID! took: [String!]! }
                    type Told { key: ID! note: String! @length(max: 8) }
                    service Source {
                      @emits(event: "t.told", key: "key")
                      told(event: Told!): Void
                    }
                    service Sink @state(type: "Kept") {
                      @handles(event: "t.told", key: "key")
                      \(handler)
                    }
                    """)
        ])
        let schema = try #require(compilation.schema, "\(compilation.diagnostics)")
        return ServiceCatalog(
            services: schema.services.map { ServiceBinding($0, in: schema, code: Code(), configuration: [:]) },
            schemas: [schema], randomSecret: [1])
    }

    private let batched = "@batch(maxItems: 4) onTold(events: [Told!]!): Void"

    /// `after`: how the handler is declared by the time the messages run.
    private func run(_ notes: [String], after: String? = nil) throws -> (groups: [String], last: String?) {
        var catalog = try catalog(batched)
        let handler = try #require(catalog.services["t.Sink"]?.methods["onTold"]?.handler)
        let key = StateKey(service: "t.Sink", key: "k")
        let now = Timestamp.now
        let executions = notes.enumerated().map { index, note in
            Execution(
                source: .log(offset: Int64(index)), handler: handler,
                message: Message(
                    id: "m\(index)", type: "t.told", source: "/t", time: now, key: "k",
                    data: Array("{\"key\":\"k\",\"note\":\(JSONText.string(note))}".utf8)),
                orderKey: key, stateKey: key, attempt: 1, firstRunAt: now, offset: Int64(index))
        }
        var states = RunStates()
        states[key] = .absent
        if let after { catalog = try self.catalog(after) }
        let result = catalog.run(KeyRun(id: 1, orderKey: key, executions: executions, states: states))
        #expect(
            result.results.flatMap(\.executions).map(\.offset) + result.remaining.map(\.offset)
                == Array(0..<Int64(notes.count)))
        var last: String?
        let groups = result.results.map { result in
            let names = result.executions.map { notes[Int($0.offset)] }.joined(separator: "+")
            switch result.outcome {
            case .done(_, .set(let state), _):
                last = String(decoding: state, as: UTF8.self)
                return names
            case .failed(let failure): return "\(names): \(failure.kind.rawValue)"
            default: return "\(names): ?"
            }
        }
        return (groups + result.remaining.map { "(\(notes[Int($0.offset)]))" }, last)
    }

    @Test(arguments: [
        (["a", "b", "c", "d", "e"], ["a+b+c+d", "e"]),
        (["a", "refused", "c", "d", "e"], ["a", "refused: refused", "c", "d", "e"]),
        (["a", "b", "c", "trap", "e", "f"], ["a", "b", "c", "trap: trap", "e+f"]),
        (["a", "b", "much too long", "c", "d"], ["a+b", "much too long: bad input", "c+d"]),
        (["much too long", "a", "b"], ["much too long: bad input", "a+b"]),
        // What is tried again keeps the others of its batch behind it.
        (["a", "later", "c"], ["a+later+c: retryable"]),
        (["a", "b", "c", "d", "later", "e"], ["a+b+c+d", "later+e: retryable"]),
    ])
    func `the others of a batch are handled`(_ notes: [String], _ expected: [String]) throws {
        let (groups, last) = try run(notes)
        #expect(groups == expected)
        for note in notes
        where groups.contains(where: { !$0.contains(":") && $0.split(separator: "+").contains(note[...]) }) {
            #expect(last?.contains(note) == true)
        }
    }

    @Test(arguments: [
        ("onTold(event: Told!): Void", ["a", "b", "c", "d", "e"]),
        ("onHeard(event: Told!): Void", ["a", "b", "c", "d", "e"]),
        ("@batch(maxItems: 2) onHeard(events: [Told!]!): Void", ["a+b", "c+d", "e"]),
    ])
    func `what was queued for a batch is handled as the handler is declared when it runs`(
        _ after: String, _ expected: [String]
    ) throws {
        let notes = ["a", "b", "c", "d", "e"]
        let (groups, last) = try run(notes, after: after)
        #expect(groups == expected)
        // Each has taken effect, and not only the first of what was a batch.
        for note in notes { #expect(last?.contains("\\\"note\\\":\\\"\(note)") == true, "\(last ?? "")") }
    }
}
