internal import MeshCore
internal import Schemas
internal import Wasm
@testable internal import WasmWorker

extension FuzzTarget {
    /// Programs of host calls with any arguments, in a handler, a query, and a workflow: each ends, in one of the known ways, within the bounds.
    static let hostCalls = FuzzTarget(
        "host-calls", "the arguments of host calls",
        bytes: HostCallGuest.functions.enumerated().flatMap { number, function in
            [false, true].map { soft in
                [UInt8(number % 3)]
                    + HostCallGuest.call(
                        number, soft: soft, function.kinds.map { $0 == "l" ? 9 : $0 == "p" ? 1050 : 1 })
                    + Array("t.made{\"id\":\"a\"}t.Ledger/append{}".utf8)
            }
        }
    ) { input in
        let data = Array(input.dropFirst())
        let mode = (input.first ?? 0) % 3
        let calls = AnyWorkflow()
        var limits = SandboxLimits()
        limits.cpuTime = .seconds(2)
        let request = GuestRequest(
            method: "Ledger/append", data: data,
            facts: MessageFacts(
                id: "i", key: "k", type: "t.Ledger/append", source: "/s", caller: "t.X", attempt: 1, service: "t.Ledger"
            ),
            now: Timestamp(microseconds: 1_700_000_000_000_000), randomSecret: [1], hasState: data.first != 7,
            state: Array("{\"id\":\"k\"}".utf8), limits: limits)
        let host = HandlerHost(service: environment.binding, catalog: environment.catalog, isReadOnly: mode == 1)
        let run = environment.binding.code.run(request, host: host, workflow: mode == 2 ? calls : nil)
        try require(run.logs.reduce(0) { $0 + $1.text.utf8.count } <= 3 * limits.logBytes, "too much log")
        switch run.outcome {
        case .completed(let effects):
            try require(effects.messages.count <= limits.messages, "\(effects.messages.count) messages")
            try require(
                mode != 1 || (effects.messages.isEmpty && (effects.state == .unchanged || effects.state == .deleted)),
                "a query has effects")
            try require(
                effects.messages.allSatisfy { $0.key.flatMap { MessageKey.problem($0.utf8) } == nil },
                "a key that breaks the rule")
        case .trapped(let trap):
            let isKnown =
                trap.kind == .hostCallMisuse
                && HostCallGuest.functions.contains { trap.message.hasPrefix($0.name + ": ") }
            try require(isKnown || trap.kind == .exited, "\(trap)")
        case .failed, .badOutput, .suspended, .stopped: break
        case .deadlineExceeded(let text), .memoryExceeded(let text), .unavailable(let text):
            throw FuzzFinding(description: text)
        }
    }

    private static let environment: (binding: ServiceBinding, catalog: ServiceCatalog) = {
        let text = """
            @mesh(namespace: "t", version: "1.0.0")
            type Entry @key(field: "id") { id: ID! }
            type Made { id: ID! other: ID }
            service Ledger @state(type: "Entry") {
              append(id: ID!): Void
              @emits(event: "t.made", key: "id") made(event: Made!): Void
            }
            """
        do {
            guard let schema = SchemaCompiler.compile([SchemaSource(path: "t", text: text)]).schema,
                let service = schema.services.first
            else {
                throw FuzzFinding(description: "the fuzzer's own schema doesn't compile")
            }
            let binding = ServiceBinding(
                service, in: schema, code: try HostCallGuest.module(), configuration: ["a": "b"])
            return (binding, ServiceCatalog(services: [binding], schemas: [schema]))
        } catch {
            // A constant of the tests, which no input reaches: where it can't be made there is nothing to fuzz.
            fatalError("\(error)")
        }
    }()
}

/// Answers a workflow's calls in every way that there is, by their arguments.
private final class AnyWorkflow: WorkflowCalls {
    private var begun: Int32 = 0

    var now: Timestamp { Timestamp(microseconds: 1) }
    var run: Int32 { 1 }
    var cancelReason: String? { nil }
    var isReplaying: Bool { begun > 3 }

    func begin(_ command: GuestCommand) -> WorkflowDecision<Int32> {
        if command.options.count % 3 == 1 { return .refuse(.invalid, "options") }
        begun += 1
        return .proceed(begun)
    }

    func handOut(
        _ kind: GuestMessage.Kind, name: String, key: String?, data: [UInt8], due: Timestamp?,
        check: () -> MessageDecision
    )
        -> WorkflowDecision<Void>
    {
        switch check() {
        case .accepted: .proceed(())
        case .denied(let reason): .refuse(.notAllowed, reason)
        case .invalid(let reason): .refuse(.invalid, reason)
        }
    }

    func wait(forAnyOf operations: [Int32]) -> WorkflowDecision<Int?> {
        guard let first = operations.first else { return .proceed(nil) }
        return first > begun ? .suspend : .proceed(0)
    }

    func makeGroup() -> WorkflowDecision<Int32> { .proceed(1) }
    func add(_ operation: Int32, to group: Int32) -> WorkflowDecision<Void> {
        group == 1 ? .proceed(()) : .refuse(.invalid, "there is no group \(group)")
    }
    func next(of group: Int32, orAnyOf operations: [Int32]) -> WorkflowDecision<GroupNext> {
        operations.isEmpty ? .proceed(.empty) : operations[0] > begun ? .suspend : .proceed(.operation(operations[0]))
    }
    func close(signal name: String) -> WorkflowDecision<Void> { .proceed(()) }
    func reply(to operation: Int32, isError: Bool, data: [UInt8]) -> WorkflowDecision<Void> {
        operation > begun ? .refuse(.invalid, "operation \(operation)") : .proceed(())
    }
    func configuration(_ name: String, value: () -> String?) -> WorkflowDecision<String?> { .proceed(value()) }
    func outcome(of operation: Int32) -> WorkflowOutcome? { operation % 2 == 0 ? nil : .result(Array("{}".utf8)) }
    func cancel(_ operation: Int32) -> WorkflowDecision<Void> { operation > 100 ? .stop("enough") : .proceed(()) }
    func isPatched(_ name: String) -> WorkflowDecision<Bool> {
        name.isEmpty ? .refuse(.invalid, "a name") : .proceed(true)
    }
    func readState() -> WorkflowDecision<[UInt8]?> { .proceed(Array("{\"id\":\"k\"}".utf8)) }
    func writeState(_ state: [UInt8]?, check: () -> StateDecision) -> WorkflowDecision<Void> {
        if case .invalid(let reason) = check() { .refuse(.invalid, reason) } else { .proceed(()) }
    }
    func continueAsNew(_ input: [UInt8]) -> WorkflowDecision<Void> { .proceed(()) }
}
