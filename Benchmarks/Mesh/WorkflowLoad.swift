import Foundation
import Synchronization

/// Starts workflows of `bench.Three` over HTTP, so many at a time, each connection on a thread of its own.
struct WorkflowLoad {
    struct Measured: Sendable {
        var perSecond: Double
        /// Milliseconds from the request to the answer.
        var latency: Distribution
    }

    let port: UInt16

    /// Until the router knows the routes and the worker has its partitions.
    func warmUp() async throws {
        try await blocking { port in
            let client = try KeepAliveClient(port: port)
            for method in ["near", "far"] {
                let deadline = ContinuousClock.now + .seconds(60)
                while true {
                    let answer = try client.post(
                        "/bench.Three/\(method)", "{\"id\":\"\(UUID().uuidString)\",\"number\":1}",
                        headers: "Connect-Timeout-Ms: 20000\r\n")
                    if answer.status == 200 { break }
                    guard .now < deadline else { throw KeepAliveClient.Failure(description: answer.text) }
                    Thread.sleep(forTimeInterval: 0.1)
                }
            }
        }
        _ = try await measure("far", count: 200, inFlight: 50)
        _ = try await measure("near", count: 200, inFlight: 50)
    }

    /// Runs `count` workflows; with `waits` each connection waits for the answer before its next start.
    func measure(
        _ method: String, argument: String = "\"number\":1", count: Int, inFlight: Int, waits: Bool = true
    ) async throws -> Measured {
        let next = Counter()
        let prefix = UUID().uuidString.prefix(8)
        let began = ContinuousClock.now
        let times = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    try await blocking { port in
                        let client = try KeepAliveClient(port: port)
                        var milliseconds: [Double] = []
                        while let number = next.take(below: count) {
                            let start = ContinuousClock.now
                            let answer = try client.post(
                                "/bench.Three/\(method)", "{\"id\":\"\(prefix)-\(number)\",\(argument)}",
                                headers: waits ? "" : "Prefer: respond-async\r\n")
                            milliseconds.append((.now - start) / .milliseconds(1))
                            guard answer.status == (waits ? 200 : 202), !waits || answer.text.hasSuffix(":4}") else {
                                throw KeepAliveClient.Failure(description: answer.text)
                            }
                        }
                        return milliseconds
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return Measured(perSecond: Double(count) / ((.now - began) / .seconds(1)), latency: Distribution(times))
    }

    /// One workflow, waited for; its answer.
    func call(_ method: String, _ arguments: String) async throws -> String {
        try await blocking { port in
            let answer = try KeepAliveClient(port: port).post(
                "/bench.Three/\(method)", arguments, headers: "Connect-Timeout-Ms: 300000\r\n")
            guard answer.status == 200 else { throw KeepAliveClient.Failure(description: answer.text) }
            return answer.text
        }
    }

    private func blocking<Result: Sendable>(_ body: @escaping @Sendable (UInt16) throws -> Result) async throws
        -> Result
    {
        let port = port
        return try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Swift.Result { try body(port) }) }
            thread.stackSize = 512 << 10
            thread.start()
        }
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)

        func take(below bound: Int) -> Int? {
            value.withLock { value in
                guard value < bound else { return nil }
                value += 1
                return value
            }
        }
    }
}
