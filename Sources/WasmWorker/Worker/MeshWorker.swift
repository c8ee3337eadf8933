import Kafka
import MeshCore
package import Outbox
import Publishing
import Schemas
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
    private let consumer: KafkaConsumer
    private let modules = ModuleShelf()
    private let log = Log("worker")

    package init(
        _ configuration: WorkerConfiguration, store: any PartitionStore, deployments: any DeploymentSource,
        logIsBehind: @escaping @Sendable (PartitionID, PartitionClaim, Int64) async throws -> Void
    ) throws {
        self.configuration = configuration
        self.deployments = deployments
        var engineConfiguration = WasmEngine.Configuration()
        engineConfiguration.cacheDirectory = configuration.codeCacheDirectory
        // A workflow and one of its local steps at a time.
        engineConfiguration.maximumInstances = 2 * (configuration.threads + configuration.spareThreads)
        engine = try WasmEngine(engineConfiguration)
        let publisher = try KafkaLanePublisher(configuration.kafka)
        environment = PartitionEnvironment(
            store: store, publisher: publisher,
            pool: ExecutionPool(threads: configuration.threads, spares: configuration.spareThreads),
            gate: CommitGate(limit: configuration.concurrentCommits),
            states: StateCache(bytesMax: configuration.stateCacheBytes), catalog: CatalogHolder(),
            metrics: WorkerMetrics(), limits: PartitionLimits(), owner: configuration.name,
            partitionCount: configuration.partitions, isLogVolatile: configuration.isBrokerVolatile,
            logIsBehind: logIsBehind)
        admin = try KafkaAdmin(configuration.kafka)
        partitions = PartitionSet(environment: environment, admin: admin)
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
        await environment.publisher.close()
        await admin.close()
        environment.pool.stop()
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
        while !Task.isCancelled {
            do {
                let active = try await deployments.deployments()
                let digests = Dictionary(
                    active.map { ($0.digest, Set($0.services)) }, uniquingKeysWith: { $0.union($1) })
                if digests != known {
                    try await install(active)
                    known = digests
                }
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
                            service, in: deployment.schema, module: module,
                            configuration: configuration.values(of: name)))
                }
            } catch let error as WasmError {
                // The others go on; its messages wait in their topics until a sound version is deployed.
                log.error("the package \(deployment.digest.prefix(12)) can't be run: \(error)")
            }
        }
        let catalog = ServiceCatalog(
            services: bindings, schemas: active.map(\.schema), randomSecret: try await deployments.randomSecret())
        environment.catalog.replace(with: catalog)
        partitions.serve(catalog.subscriptions)
        modules.keep(only: Set(active.map(\.digest)))
        log.info(
            "serving \(bindings.count) services",
            ["services": bindings.map(\.service.qualifiedName).sorted().joined(separator: " ")])
    }
}
