import MeshCore
import Wasm

/// A workflow's code: the plan's steps, one after the other.
struct SimFlow {
    let jobs: [String: JobSpec]
    let key: String
    let service: JobSpec.Service
    let calls: any WorkflowCalls
    let host: any GuestHost

    /// Why the code goes no further.
    private enum End: Error { case suspended, stopped(String), refused(String) }

    mutating func run(_ steps: [JobSpec.Step]) -> GuestOutcome {
        do throws(End) {
            for step in steps { try perform(step) }
            return .completed(
                GuestEffects(reply: Array("{\"value\":\"done\"}".utf8), state: .unchanged, messages: []))
        } catch {
            switch error {
            case .suspended: return .suspended
            case .stopped(let reason): return .stopped(reason)
            case .refused(let reason): return .badOutput(reason)
            }
        }
    }

    private func decided<Value>(_ decision: WorkflowDecision<Value>) throws(End) -> Value {
        switch decision {
        case .proceed(let value): return value
        case .suspend: throw .suspended
        case .stop(let reason): throw .stopped(reason)
        case .refuse(_, let reason): throw .refused(reason)
        }
    }

    private mutating func perform(_ step: JobSpec.Step) throws(End) {
        switch step {
        case .local(let id):
            try wait(
                try decided(
                    calls.begin(
                        GuestCommand(
                            kind: .call, name: service.rawValue + "/step", data: SimGuests.data(id, key: key)))))
        case .call(let id): try wait(try call(id))
        case .fan(let ids):
            var operations: [Int32] = []
            for id in ids { operations.append(try call(id)) }
            for operation in operations { try wait(operation) }
        case .sleep(let milliseconds): try wait(try timer(milliseconds))
        case .emit(let id):
            let data = SimGuests.data(id, key: jobs[id]?.key ?? "")
            try decided(
                calls.handOut(.emit, name: service.event, key: nil, data: data, due: nil) {
                    host.checkEmit(event: service.event, data: data)
                })
        case .send(let id):
            let data = SimGuests.data(id, key: jobs[id]?.key ?? "")
            let target = service.other.rawValue + "/work"
            try decided(
                calls.handOut(.send, name: target, key: nil, data: data, due: SimCode.due(of: id, at: calls.now)) {
                    host.checkSend(target: target, key: nil, data: data)
                })
        case .receive:
            try wait(try decided(calls.begin(GuestCommand(kind: .receive, name: "poke"))))
        case .race(let id, let milliseconds):
            let called = try call(id)
            let timer = try timer(milliseconds)
            let first = try decided(calls.wait(forAnyOf: [called, timer]))
            try decided(calls.cancel(first == 0 ? timer : called))
        }
    }

    private func wait(_ operation: Int32) throws(End) { _ = try decided(calls.wait(forAnyOf: [operation])) }

    private func call(_ id: String) throws(End) -> Int32 {
        let data = SimGuests.data(id, key: jobs[id]?.key ?? "")
        return try decided(
            calls.begin(GuestCommand(kind: .call, name: service.other.rawValue + "/work", data: data)))
    }

    private func timer(_ milliseconds: Int) throws(End) -> Int32 {
        try decided(calls.begin(GuestCommand(kind: .timer, name: "", data: Array("\(milliseconds * 1000)".utf8))))
    }
}
