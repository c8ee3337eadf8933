import MeshCore
import MeshRouter
import Outbox
import Postgres

/// Keeps a process on the mesh's list, and its clock with the database's; two processes of one name are told apart, and the second one
/// doesn't start. Each also sees to it that nobody waits for one that stands still.
struct Heartbeat: Sendable {
    private static let lease = ProcessList.lease
    private let store: AdminStore
    private let process: MeshProcess
    private let sessions: StalledSessions

    init(_ pool: PostgresPool, _ process: MeshProcess) {
        store = AdminStore(pool)
        self.process = process
        sessions = StalledSessions(pool)
    }

    /// The first beat. One that crashed is on the list until its lease ends, so that is waited for before refusing.
    func begin() async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + Heartbeat.lease + .seconds(2)
        var hasWarned = false
        while true {
            do throws(StoreError) {
                return try await beat()
            } catch {
                // Postgres may go while it is asked; the process waits for it, as it does later on.
                if error.isPassing {
                    try await Task.sleep(for: .milliseconds(200))
                    continue
                }
                guard case .fenced(let message) = error else { throw error }
                guard clock.now < deadline else { throw MeshError(.conflict, message) }
                if !hasWarned { Log(process.kind.rawValue).warning("\(message); waiting for it to end") }
                hasWarned = true
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Beats while `work` runs; ends it when another process has taken the name.
    func beat(while work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await work()
                return true
            }
            group.addTask {
                try await goOn()
                return false
            }
            group.addTask {
                await sessions.run()
                return false
            }
            while let isWork = try await group.next() {
                if isWork { group.cancelAll() }
            }
        }
    }

    /// The last beat. The task that ends may be cancelled, which would take the query back; a Postgres that isn't there is waited for for a moment.
    func end() async {
        let goodbye = Task { try? await store.goodbye(process) }
        let limit = Task {
            try await Task.sleep(for: .seconds(2))
            goodbye.cancel()
        }
        await goodbye.value
        limit.cancel()
    }

    private func beat() async throws(StoreError) {
        let asked = MeshClock.steady
        let time = try await store.heartbeat(process, lease: Heartbeat.lease)
        MeshClock.observe(time, askedAt: asked, answeredAt: MeshClock.steady)
    }

    private func goOn() async throws {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(4))
            if Task.isCancelled { return }
            do throws(StoreError) {
                try await beat()
            } catch {
                if case .fenced(let message) = error { throw MeshError(.conflict, message) }
                Log(process.kind.rawValue).debug("heartbeat: \(error)")
            }
        }
    }
}
