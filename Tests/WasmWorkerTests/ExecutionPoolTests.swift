import TestSupport
import Testing

@testable import WasmWorker

@Suite struct ExecutionPoolTests {
    @Test func `slow jobs don't hold up the others`() async throws {
        let pool = ExecutionPool(threads: 2, spares: 4)
        let gate = ThreadGate()
        defer { pool.stop() }
        // As many as there are threads never end until the quick ones have run.
        pool.submit([{ gate.wait() }, { gate.wait() }])
        let ran = Collector<Int>()
        pool.submit((0..<100).map { number in { ran.append(number) } })
        try await ran.wait(for: 100)
        gate.open()
    }

    @Test func `every job runs once`() async throws {
        let pool = ExecutionPool(threads: 3, spares: 2)
        defer { pool.stop() }
        let ran = Collector<Int>()
        for base in stride(from: 0, to: 10_000, by: 100) {
            pool.submit((base..<base + 100).map { number in { ran.append(number) } })
        }
        #expect(try await ran.wait(for: 10_000).sorted() == Array(0..<10_000))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a job that comes while the only idle thread has been given another one isn't left`() async throws {
        let pool = ExecutionPool(threads: 2, spares: 2, slowAfter: .milliseconds(1))
        let end = ThreadGate()
        defer {
            end.open()
            pool.stop()
        }
        pool.submit([{ end.wait() }])
        for round in 0..<300 {
            let gate = ThreadGate()
            // The thread that is called takes the first one, and only the second one lets it go.
            pool.submit([{ gate.wait() }])
            pool.submit([{ gate.open() }])
            try await eventually("the second job of round \(round)", within: .seconds(5)) { gate.hasOpened }
        }
    }
}
