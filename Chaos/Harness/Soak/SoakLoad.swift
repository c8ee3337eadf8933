internal import Foundation
internal import HTTPServer
internal import Postgres
internal import Synchronization

/// An even load over a bounded number of keys: steps in SQL transactions, calls over HTTP, now and then a workflow.
final class SoakLoad: Sendable {
    private struct State {
        /// Transactions in a second over all sessions; nil is as many as go.
        var pace: Double?
        var isHeld = false
        var latencies: [Double] = []
        var failures = 0
        var workflows = 0
    }

    static let sessions = 3
    static let keysOfTransaction = 5
    static let callers = 4

    private let stage: Stage
    private let state = Mutex(State())

    init(_ stage: Stage) { self.stage = stage }

    /// Messages in a second that SQL sends; nil is as many as go, as long as they are kept up with.
    func set(messagesPerSecond: Double?) {
        state.withLock { $0.pace = messagesPerSecond.map { $0 / Double(SoakLoad.keysOfTransaction) } }
    }

    /// While true nothing new is sent: the mesh is too far behind.
    func hold(_ isHeld: Bool) { state.withLock { $0.isHeld = isHeld } }

    /// The latencies of calls since the last time this was asked, in milliseconds, and how many calls failed.
    func takeLatencies() -> (values: [Double], failures: Int) {
        state.withLock { state in
            defer { (state.latencies, state.failures) = ([], 0) }
            return (state.latencies, state.failures)
        }
    }

    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<SoakLoad.sessions { group.addTask { await self.steps(number) } }
            for number in 0..<SoakLoad.callers { group.addTask { await self.calls(number) } }
        }
    }

    private func steps(_ session: Int) async {
        guard let connection = try? PostgresConnection(PostgresConfiguration(url: stage.database)) else { return }
        defer { connection.close() }
        var due = ContinuousClock.now
        while !Task.isCancelled {
            let (pace, isHeld) = state.withLock { ($0.pace, $0.isHeld) }
            if isHeld {
                try? await Task.sleep(for: .milliseconds(20))
                continue
            }
            // Keys of its own, so that sessions don't wait for each other.
            let keys = (0..<SoakLoad.keysOfTransaction).map { _ in "k\(session)-\(Int.random(in: 0..<200))" }
            _ = try? await connection.query(.oneOff("SELECT chaos.steps($1::text[])"), .texts(Set(keys)))
            guard let pace else { continue }
            due = max(due + .seconds(Double(SoakLoad.sessions) / pace), .now - .seconds(1))
            if due > .now { try? await Task.sleep(until: due) }
        }
    }

    private func calls(_ number: Int) async {
        let client = HTTPClient(timeout: .seconds(10))
        var count = 0
        while !Task.isCancelled {
            count += 1
            let url = stage.fleet.routerURLs[count % stage.fleet.routerURLs.count]
            let began = ContinuousClock.now
            let answer = try? await client.request(
                "POST", url + "/bank.Probes/beat", headers: ["Content-Type": "application/json"],
                body: Array("{\"id\":\"soak-\(number)-\(count % 100)\",\"number\":\(count)}".utf8))
            let milliseconds = (ContinuousClock.now - began) / .milliseconds(1)
            state.withLock { state in
                if answer?.status == 200 { state.latencies.append(milliseconds) } else { state.failures += 1 }
            }
            if number == 0, count % 10 == 0 { await move(count, client, url) }
            try? await Task.sleep(for: .milliseconds(80))
        }
    }

    private func move(_ count: Int, _ client: HTTPClient, _ url: String) async {
        // Ids come again after the retention; receipts of a bounded number of transfers are kept up.
        let id = "soak-\(count)"
        let body =
            "{\"id\":\"\(id)\",\"transfer\":{\"id\":\"soak-\(count % 1000)\",\"source\":\"a\(count % 40)\",\"target\":\"a\((count + 7) % 40)\",\"amount\":1},\"wait\":50,\"asks\":false}"
        _ = try? await client.request(
            "POST", url + "/bank.Moves/move", headers: ["Content-Type": "application/json", "Prefer": "respond-async"],
            body: Array(body.utf8))
    }
}
