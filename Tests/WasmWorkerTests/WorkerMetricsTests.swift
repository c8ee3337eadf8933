import MeshCore
import Outbox
import Schemas
import Testing
import Wasm

@testable import WasmWorker

@Suite struct WorkerMetricsTests {
    @Test func `each message of a batch counts as one that ran, and as one that failed`() {
        let key = StateKey(service: "t.S", key: "k")
        let now = Timestamp(microseconds: 5_000_000)
        let messages = (0..<5).map { offset in
            Execution(
                source: .log(offset: offset),
                handler: Handler(
                    service: "t.S", method: "m", retry: .undeclared, batch: BatchPolicy(), isCall: false),
                message: Message(id: "m\(offset)", type: "t.e", source: "/t", time: now, key: "k", data: []),
                orderKey: key, stateKey: key, attempt: 1, firstRunAt: now, offset: offset)
        }
        let failure = Failure(kind: .retryable, error: MeshError(.internalError, "no"))
        let metrics = WorkerMetrics()
        metrics.ran(
            KeyRunResult(
                id: 1, orderKey: key,
                results: [
                    ExecutionResult(
                        executions: Array(messages[..<3]), outcome: .done(reply: [], state: .unchanged, messages: [])),
                    ExecutionResult(executions: Array(messages[3...]), outcome: .failed(failure)),
                ], remaining: [], states: RunStates()), now: now)
        #expect(metrics.executions.count == 5)
        #expect(metrics.failures.count == 2)
    }
}
