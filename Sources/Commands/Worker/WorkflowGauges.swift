import MeshCore
import Outbox
import Synchronization

/// How many workflows of the whole mesh are open, and how many of them are stuck: counted now and then, for `/metrics`.
final class WorkflowGauges: Sendable {
    private let store: WorkflowAdminStore
    private let counts = Mutex<(running: Int, stuck: Int)?>(nil)

    /// More aren't counted: the cost is bounded.
    private static let limit = 100_000
    private static let interval = Duration.seconds(15)

    init(_ store: WorkflowAdminStore) { self.store = store }

    /// Counts again and again until cancelled.
    func run() async {
        while !Task.isCancelled {
            // Without Postgres the last counts stay; others say that it is away.
            if let found = try? await store.openCounts(limit: WorkflowGauges.limit) { counts.withLock { $0 = found } }
            try? await Task.sleep(for: WorkflowGauges.interval)
        }
    }

    var text: String {
        guard let counts = counts.withLock({ $0 }) else { return "" }
        let name = "wasmesh_workflows"
        return """
            # HELP \(name) Open workflows of the whole mesh, up to \(WorkflowGauges.limit).
            # TYPE \(name) gauge
            \(name){status="running"} \(counts.running)
            \(name){status="stuck"} \(counts.stuck)

            """
    }
}
