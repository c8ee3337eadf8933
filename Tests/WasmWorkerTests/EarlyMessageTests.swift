import Kafka
import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import WasmWorker

/// Messages that were accepted by a package of which this worker is yet to hear (I5).
@Suite struct EarlyMessageTests {
    private let now = Timestamp(microseconds: 1_800_000_000_000_000)
    private let place = PartitionID(group: "t.S", topic: "t.S", partition: 0)

    private struct Code: GuestCode {
        let digest = "d"

        func run(_ request: GuestRequest, host: any GuestHost, workflow: (any WorkflowCalls)?) -> GuestRun {
            GuestRun(outcome: .completed(GuestEffects(reply: nil, state: .unchanged, messages: [])))
        }
    }

    private func catalog(_ methods: String, _ look: RegistryLook) throws -> ServiceCatalog {
        let text = "@mesh(namespace: \"t\", version: \"1.0.0\")\nservice S { \(methods) }"
        let compilation = SchemaCompiler.compile([SchemaSource(path: "t.mesh.graphql", text: text)])
        let schema = try #require(compilation.schema, "\(compilation.diagnostics)")
        let service = ServiceBinding(schema.services[0], in: schema, code: Code(), configuration: [:])
        return ServiceCatalog(services: [service], schemas: [schema], look: look)
    }

    private func record(_ type: String, _ data: String, at time: Timestamp) -> KafkaRecord {
        let message = Message(id: "m1", type: type, source: "/http", time: time, key: "k", data: Array(data.utf8))
        return KafkaRecord(
            topic: "t.S", partition: 0, offset: 3, timestamp: time.microseconds / 1000, key: Array("k".utf8),
            value: message.data,
            headers: MessageCodec.fields(of: message, stamp: nil).map { KafkaHeader($0.name, $0.value) })
    }

    /// How the first execution of a record ends; nil where it is refused before it runs.
    private func failure(_ catalog: ServiceCatalog, _ record: KafkaRecord) -> Failure? {
        guard case .execution(let execution) = catalog.route(record, for: place, now: now).content else { return nil }
        let result = catalog.run(
            KeyRun(id: 1, orderKey: execution.orderKey, executions: [execution], states: RunStates()))
        if case .failed(let failure)? = result.results.first?.outcome { return failure }
        return Failure(kind: .refused, error: MeshError(.internalError, "it ran"))
    }

    @Test(arguments: [("t.S/new", "{}"), ("t.S/old", #"{"extra":1}"#)])
    func `what doesn't fit waits until the worker has looked what is deployed`(type: String, data: String) throws {
        let look = RegistryLook()
        let catalog = try catalog("old(a: Int): Void", look)
        let record = record(type, data, at: now)
        look.isDone(begunAt: now.advanced(by: .seconds(-1)))
        #expect(failure(catalog, record)?.kind == .early)
        look.isDone(begunAt: now.advanced(by: .milliseconds(100)))
        #expect(failure(catalog, record)?.kind == .early, "clocks aren't the same everywhere")
        look.isDone(begunAt: now.advanced(by: .seconds(1)))
        #expect(failure(catalog, record).map(\.kind) == (type == "t.S/old" ? .badInput : nil))
        // A time that somebody made up holds nothing up for longer.
        let late = self.record(type, data, at: now.advanced(by: .seconds(3600)))
        #expect(failure(catalog, late).map(\.kind) == (type == "t.S/old" ? .badInput : nil))
    }

    @Test func `it is parked as it came, and runs by the package that fits`() throws {
        let look = RegistryLook()
        look.isDone(begunAt: now.advanced(by: .seconds(-1)))
        let before = try catalog("old(a: Int): Void", look)
        let after = try catalog("old(a: Int): Void\n new: Void", look)
        guard
            case .execution(let execution) = before.route(record("t.S/new", "{}", at: now), for: place, now: now)
                .content
        else {
            Issue.record("refused")
            return
        }
        var builder = BatchBuilder(
            batch: BatchCommit(
                partition: place, epoch: 1, expectedNextOffset: 3, nextOffset: 3, lane: 1, nextSequence: 1,
                acknowledgedSequence: 0),
            parkedCounts: [:], partitionCount: 4, parkedPerKeyMax: 10, now: now,
            generator: SystemRandomNumberGenerator())
        builder.add(
            .run(
                before.run(
                    KeyRun(id: 1, orderKey: execution.orderKey, executions: [execution], states: RunStates()))))
        let parked = try #require(builder.batch.parked.first)
        #expect(parked.attempts == 0 && parked.due == now.advanced(by: .milliseconds(300)))
        #expect(parked.method == "new" && builder.batch.deadLetters.isEmpty)
        let again = after.execution(
            of: ParkedMessage(
                id: 1, offset: 3, service: "t.S", method: parked.method, key: "k", message: parked.message,
                attempts: parked.attempts, due: now, parkedAt: now), for: place)
        #expect(again.attempt == 1)
        let result = after.run(KeyRun(id: 2, orderKey: again.orderKey, executions: [again], states: RunStates()))
        guard case .done? = result.results.first?.outcome else {
            Issue.record("\(result)")
            return
        }
    }

    @Test(arguments: [("q: String @query", 0), ("q: String @query @durable(retries: 2)", 2), ("q: String", 3)])
    func `a query is tried again only where that is asked for`(method: String, retries: Int) throws {
        let catalog = try catalog("w: Void @workflow\n" + method, RegistryLook())
        #expect(catalog.services["t.S"]?.methods["q"]?.handler.retry.retries == retries)
    }

    @Test func `a call that was queued before its method became a workflow's or a query is parked, and bound anew`()
        throws
    {
        let look = RegistryLook()
        look.isDone(begunAt: now.advanced(by: .seconds(-1)))
        let before = try catalog("old(a: Int): Void", look)
        let after = try catalog("old(a: Int): Void\n new: Void @workflow", look)
        let record = record("t.S/new", "{}", at: now)
        guard case .execution(let execution) = before.route(record, for: place, now: now).content else {
            return #expect(Bool(false), "refused")
        }
        let run = KeyRun(id: 1, orderKey: execution.orderKey, executions: [execution], states: RunStates())
        look.isDone(begunAt: now.advanced(by: .seconds(1)))
        guard case .failed(let failure)? = after.run(run).results.first?.outcome else {
            return #expect(Bool(false), "it ran as a plain handler")
        }
        #expect(failure.kind == .early)
        let again = after.execution(
            of: ParkedMessage(
                id: 1, offset: 3, service: "t.S", method: "new", key: "k", message: execution.message, attempts: 0,
                due: now, parkedAt: now), for: place)
        #expect(again.handler.kind == .start)
    }
}
