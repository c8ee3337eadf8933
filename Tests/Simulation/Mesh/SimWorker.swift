import Kafka
import MeshCore
import Outbox

@testable import WasmWorker

/// A worker process: the product's partitions, feeds, loops and machines around a simulated consumer, producer and store.
final class SimWorker {
    let process: SimProcess
    private let catalog = CatalogHolder()
    private var set: PartitionSet?

    init(_ process: SimProcess, _ simulation: Simulation) {
        self.process = process
        let plan = simulation.plan
        let world = simulation.world
        let database = simulation.database
        var limits = PartitionLimits()
        limits.runningMax = 30
        limits.keyRunMax = 6
        limits.batchMax = 12
        limits.queuedMax = 40
        limits.parkedFetchMax = 5
        limits.parkedKeysMax = 6
        limits.timersMax = 8
        limits.unacknowledgedMax = 30
        catalog.replace(with: simulation.guests.catalog(packages: simulation.packages))
        let store = SimPartitionStore(process: process, simulation: simulation)
        let metrics = WorkerMetrics()
        let environment = PartitionEnvironment(
            store: store, publisher: SimSharedPublisher(process, simulation),
            pool: SimThreads(process: process, world: world),
            gate: CommitGate(limit: world.chance(50) ? 1 : 2, store: store, limits: limits, metrics: metrics),
            states: StateCache(bytesMax: 1 << 20),
            workflows: WorkflowCache(bytesMax: 1 << 20), catalog: catalog, metrics: metrics, limits: limits,
            owner: process.name, partitionCount: plan.partitions, isLogVolatile: plan.isVolatile,
            // Its topics always come back.
            topicPatience: TopicPatience(limit: .seconds(1_000_000)),
            brokerLoss: plan.isVolatile
                ? BrokerLoss(
                    epoch: {
                        try await simulation.request(process, "broker epoch") { .success(database.brokerEpoch) }.get()
                    },
                    reset: { id, observed in
                        _ = try await simulation.request(process, "reset") {
                            .success(database.brokerReset(lost: [id.topic], observed: observed))
                        }.get()
                    }) : nil)
        world.asProcess(process) {
            let set = PartitionSet(
                environment: environment, log: SimLogEnds(process: process, broker: simulation.broker))
            set.attach(SimConsumer(process, simulation.broker, delegate: set))
            set.serve(catalog.current.subscriptions)
            self.set = set
        }
    }

    /// Another package was deployed.
    func serve(_ catalog: ServiceCatalog) {
        self.catalog.replace(with: catalog)
        set?.serve(catalog.subscriptions)
    }
}

/// Threads for guests: each run takes its time, and any of them may be done first.
///
/// Unchecked: there is one thread.
struct SimThreads: GuestThreads, @unchecked Sendable {
    let process: SimProcess
    let world: World

    func submit(_ jobs: [@Sendable () -> Void]) {
        for job in jobs {
            // Slow ones leave gaps below what is done.
            let time =
                world.chance(4)
                ? world.duration(60_000...900_000)
                : world.chance(7) ? world.duration(1000...60_000) : world.duration(50...2000)
            world.after(time, process) { job() }
        }
    }
}
