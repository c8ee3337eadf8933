import Kafka
import MeshCore
package import Outbox
import Publishing
import Schemas
import Synchronization
import Wasm

/// A stateless worker: reads the topics of its pool, runs the handlers, and commits their effects.
///
/// Start more of them to scale; Kafka spreads the partitions. Cancel the task of `run` to stop: what is under way is finished
/// within `drainLimit`.
package final class MeshWorker: Sendable {
    private let configuration: WorkerConfiguration
    private let deployments: any DeploymentSource
    private let engine: WasmEngine
    private let environment: PartitionEnvironment
    private let partitions: PartitionSet
    private let admin: KafkaAdmin
    private let publisher: SharedKafkaPublisher
    private let pool: ExecutionPool
    private let consumer: KafkaConsumer
    private let modules = ModuleShelf()
    private let missing = MissingPackages()
    private let look = RegistryLook()
    private let formerDigests = Mutex<Set<String>>([])
    private let log = Log("worker")

    package init(
        _ configuration: WorkerConfiguration, store: any PartitionStore, deployments: any DeploymentSource,
        brokerLoss: BrokerLoss
    ) throws {
        self.configuration = configuration
        self.deployments = deployments
        var engineConfiguration = WasmEngine.Configuration()
        engineConfiguration.cacheDirectory = configuration.codeCacheDirectory
        // A workflow and one of its local steps at a time.
        engineConfiguration.maximumInstances = 2 * (configuration.threads + configuration.spareThreads)
        engine = try WasmEngine(engineConfiguration)
        publisher = try SharedKafkaPublisher(configuration.kafka)
        pool = ExecutionPool(threads: configuration.threads, spares: configuration.spareThreads)
        let limits = PartitionLimits()
        let metrics = WorkerMetrics()
        environment = PartitionEnvironment(
            store: store, publisher: publisher, pool: pool,
            gate: CommitGate(limit: configuration.concurrentCommits, store: store, limits: limits, metrics: metrics),
            states: StateCache(bytesMax: configuration.stateCacheBytes),
            workflows: WorkflowCache(bytesMax: configuration.workflowCacheBytes), catalog: CatalogHolder(),
            metrics: metrics, limits: limits, owner: configuration.name,
            partitionCount: configuration.partitions, isLogVolatile: configuration.isBrokerVolatile,
            topicPatience: TopicPatience(limit: configuration.topicPatience),
            brokerLoss: configuration.isBrokerVolatile ? brokerLoss : nil)
        admin = try KafkaAdmin(configuration.kafka)
        partitions = PartitionSet(environment: environment, log: admin)
        consumer = try KafkaConsumer(
            configuration.kafka, group: "wasmesh.\(configuration.pool)", strategy: .range, delegate: partitions)
        partitions.attach(consumer)
    }

    /// Works until the task is cancelled, then drains.
    package func run() async throws {
        log.info("started", ["worker": configuration.name, "pool": configuration.pool])
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.watchDeployments() }
            group.addTask { await self.reportOffsets() }
            await group.waitForAll()
        }
        await stop()
    }

    /// What it has done so far.
    package var statistics: WorkerStatistics {
        WorkerStatistics(environment.metrics, partitions: partitions.partitions.map(\.description))
    }

    private func stop() async {
        log.info("draining", ["worker": configuration.name, "within": "\(configuration.drainLimit)"])
        await partitions.drain(within: configuration.drainLimit)
        await consumer.close()
        await publisher.close()
        await admin.close()
        pool.stop()
        log.info("stopped", ["worker": configuration.name])
    }

    private func reportOffsets() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            partitions.reportOffsets()
        }
    }

    // MARK: Deployments

    private func watchDeployments() async {
        var known: [String: Set<String>] = [:]
        var looked = ContinuousClock.now
        while !Task.isCancelled {
            do {
                let began = Timestamp.now
                let active = try await deployments.deployments()
                let digests = Dictionary(
                    active.map { ($0.digest, Set($0.services)) }, uniquingKeysWith: { $0.union($1) })
                // Workflows may have come to need a former package, or be done with it.
                let isMissing = !missing.take().isEmpty
                if digests != known || isMissing || hasFormer && looked.duration(to: .now) > .seconds(30) {
                    try await install(active)
                    known = digests
                    looked = .now
                }
                look.isDone(begunAt: began)
            } catch {
                log.warning("reading the deployments failed, trying again: \(error)")
            }
            await deployments.change()
        }
    }

    /// Compiles what is new and swaps the catalog; executions that have started keep the one they started with.
    private func install(_ active: [Deployment]) async throws {
        var bindings: [ServiceBinding] = []
        for deployment in active where !deployment.services.isEmpty {
            do {
                let module = try await modules.module(deployment.digest, engine: engine) {
                    try await self.deployments.package(deployment.digest)
                }
                for name in deployment.services {
                    guard let service = deployment.schema.service(name) else { continue }
                    bindings.append(
                        ServiceBinding(
                            service, in: deployment.schema, code: module,
                            configuration: configuration.values(of: name)))
                }
            } catch  where error is WasmError || error is MeshError {
                // The others go on; its messages wait in their topics until a sound version is deployed.
                log.error("the package \(deployment.digest.prefix(12)) can't be run: \(error)")
            }
        }
        let former = await former(of: bindings)
        let catalog = ServiceCatalog(
            services: bindings, former: former, schemas: active.map(\.schema),
            randomSecret: try await deployments.randomSecret(), missing: missing, look: look,
            tracer: configuration.tracer)
        let isNew = environment.catalog.current.digests != catalog.digests
        formerDigests.withLock { $0 = Set(former.map(\.digest)) }
        environment.catalog.replace(with: catalog)
        partitions.serve(catalog.subscriptions)
        let needed = Set(active.map(\.digest)).union(former.map(\.digest))
        modules.keep(only: needed)
        deployments.keep(only: needed)
        if !isNew { return }
        log.info(
            "serving \(bindings.count) service\(bindings.count == 1 ? "" : "s")",
            ["services": bindings.map(\.service.qualifiedName).sorted().joined(separator: " ")])
    }

    private var hasFormer: Bool { formerDigests.withLock { !$0.isEmpty } }

    /// The packages of these services that open workflows still run on, beside those that are active.
    private func former(of bindings: [ServiceBinding]) async -> [ServiceBinding] {
        var former: [ServiceBinding] = []
        do {
            let open = try await deployments.openDigests()
            for current in bindings {
                let name = current.service.qualifiedName
                for digest in (open[name] ?? []).sorted() where digest != current.digest {
                    if let binding = await formerBinding(name, digest) { former.append(binding) }
                }
            }
        } catch {
            // Workflows that need one ask for it; the others go on.
            log.warning("looking for the packages of open workflows failed: \(error)")
        }
        return former
    }

    private func formerBinding(_ name: String, _ digest: String) async -> ServiceBinding? {
        do {
            guard let schema = try await deployments.schema(of: digest), let service = schema.service(name) else {
                log.error("open workflows of \(name) need the package \(digest.prefix(12)), which is gone")
                return nil
            }
            let module = try await modules.module(digest, engine: engine) {
                try await self.deployments.package(digest)
            }
            return ServiceBinding(service, in: schema, code: module, configuration: configuration.values(of: name))
        } catch {
            log.error("the package \(digest.prefix(12)) of open workflows of \(name) can't be loaded: \(error)")
            return nil
        }
    }
}
