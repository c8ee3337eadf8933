import MeshCore
import Wasm

/// Runs messages of a built package as a worker does, with a host that accepts everything.
struct GuestInSandbox {
    struct Host: GuestHost {
        var configuration: [String: String] = [:]
        /// What the mesh refuses, as the emit's decision.
        var refusal: MessageDecision?

        func configuration(_ name: String) -> String? { configuration[name] }
        func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
        func checkEmit(event: String, data: [UInt8]) -> MessageDecision { refusal ?? .accepted(key: nil, tag: 0) }
        func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .accepted(key: key, tag: 0) }
    }

    private let module: WasmModule

    init(_ package: [UInt8]) throws { module = try WasmModule(package, engine: try WasmEngine()) }

    func run(_ method: String, _ json: String, key: String = "key-1", state: String? = nil, host: Host = Host())
        -> GuestRun
    {
        Sandbox.run(
            module,
            GuestRequest(
                method: method, data: Array(json.utf8),
                facts: MessageFacts(id: "id-1", key: key, type: "test/\(method)", source: "test", service: "test"),
                now: Timestamp(microseconds: 1_795_262_700_250_000), state: state.map { Array($0.utf8) }), host: host)
    }

    /// The effects of a message that must succeed.
    func effects(_ method: String, _ json: String, key: String = "key-1", state: String? = nil) throws -> GuestEffects {
        let run = run(method, json, key: key, state: state)
        guard case .completed(let effects) = run.outcome else { throw Unexpected(outcome: run.outcome) }
        return effects
    }

    /// The failure of a message that must fail by the guest's own error.
    func failure(
        _ method: String, _ json: String, key: String = "key-1", state: String? = nil, host: Host = Host()
    ) throws -> GuestFailure {
        let run = run(method, json, key: key, state: state, host: host)
        guard case .failed(let failure) = run.outcome else { throw Unexpected(outcome: run.outcome) }
        return failure
    }

    struct Unexpected: Error { let outcome: GuestOutcome }
}

extension GuestEffects {
    var replyText: String? { reply.map { String(decoding: $0, as: UTF8.self) } }

    var stateText: String? { if case .set(let state) = state { String(decoding: state, as: UTF8.self) } else { nil } }
}
