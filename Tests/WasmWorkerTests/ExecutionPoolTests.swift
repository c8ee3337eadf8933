import Glibc
import Synchronization
import TestSupport
import Testing

@testable import WasmWorker

@Suite struct ExecutionPoolTests {
    @Test func `slow jobs don't hold up the others`() async throws {
        let pool = ExecutionPool(threads: 2, spares: 4)
        let gate = Gate()
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
        let end = Gate()
        defer {
            end.open()
            pool.stop()
        }
        pool.submit([{ end.wait() }])
        for round in 0..<300 {
            let gate = Gate()
            // The thread that is called takes the first one, and only the second one lets it go.
            pool.submit([{ gate.wait() }])
            pool.submit([{ gate.open() }])
            try await eventually("the second job of round \(round)", within: .seconds(5)) { gate.hasOpened }
        }
    }
}

/// Blocks threads until it is opened.
private final class Gate: Sendable {
    private let isOpen = Atomic<Bool>(false)
    var hasOpened: Bool { isOpen.load(ordering: .acquiring) }
    func wait() { while !isOpen.load(ordering: .acquiring) { usleep(1000) } }
    func open() { isOpen.store(true, ordering: .releasing) }
}
