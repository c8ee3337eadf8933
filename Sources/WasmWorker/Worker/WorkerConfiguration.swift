package import Kafka
package import MeshCore

/// How a worker is set up.
package struct WorkerConfiguration: Sendable {
    package var kafka: KafkaConfiguration
    /// The services of which pool it runs; its consumer group is `wasmesh.<pool>`.
    package var pool: String
    /// Names this worker in `mesh.position` and `mesh.worker`; unique among the running ones.
    package var name: String
    /// How many partitions each topic of the mesh has.
    package var partitions: Int32
    /// Whether the broker may come back without its data (the embedded one).
    package var isBrokerVolatile: Bool
    /// For how long a missing topic then means that the broker came back empty, and not that nobody has such a topic.
    package var topicPatience: Duration = .seconds(120)
    /// Threads that run guests, and how many more may stand in for slow ones.
    package var threads: Int
    package var spareThreads: Int
    /// Transactions under way at a time; partitions that wait for one share the next.
    package var concurrentCommits: Int
    /// Where compiled code is kept; nil: only in memory.
    package var codeCacheDirectory: String?
    /// Memory for recently used states, in bytes.
    package var stateCacheBytes: Int
    /// Memory for recently active workflows, in bytes.
    package var workflowCacheBytes: Int
    /// How long a stopping worker finishes what is under way.
    package var drainLimit: Duration
    /// Configuration values by service, for the guests' `config`; those under `*` are for every service.
    package var serviceConfiguration: [String: [String: String]]
    /// Nil where no traces are kept.
    package var tracer: Tracer?

    package init(
        kafka: KafkaConfiguration, pool: String = "default", name: String, partitions: Int32,
        isBrokerVolatile: Bool = false, threads: Int = 2,
        spareThreads: Int = 64, concurrentCommits: Int = 2, codeCacheDirectory: String? = nil,
        stateCacheBytes: Int = 64 << 20, workflowCacheBytes: Int = 128 << 20, drainLimit: Duration = .seconds(20),
        serviceConfiguration: [String: [String: String]] = [:]
    ) {
        self.kafka = kafka
        self.pool = pool
        self.name = name
        self.partitions = partitions
        self.isBrokerVolatile = isBrokerVolatile
        self.threads = threads
        self.spareThreads = spareThreads
        self.concurrentCommits = concurrentCommits
        self.codeCacheDirectory = codeCacheDirectory
        self.stateCacheBytes = stateCacheBytes
        self.workflowCacheBytes = workflowCacheBytes
        self.drainLimit = drainLimit
        self.serviceConfiguration = serviceConfiguration
    }

    /// The values of one service; its own win over everybody's.
    func values(of service: String) -> [String: String] {
        (serviceConfiguration["*"] ?? [:]).merging(serviceConfiguration[service] ?? [:]) { $1 }
    }
}
