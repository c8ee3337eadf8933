import Embedded
import Foundation
import Guests
import MeshCore
import Synchronization

/// A whole mesh in one process: servers, router, workers, relay, and the loop that builds and deploys the project.
struct DevelopmentMesh: Sendable {
    private let invocation: Invocation
    private let folder: DevelopmentFolder
    private let servers = DevelopmentServers()
    private let screen: DevelopmentScreen

    init(_ invocation: Invocation) throws(CommandFailure) {
        self.invocation = invocation
        let project = ProjectDirectory.configurationFile(from: invocation.directory)
            .map { URL(fileURLWithPath: $0).deletingLastPathComponent().path }
        folder = DevelopmentFolder(project: project ?? invocation.directory)
        screen = DevelopmentScreen(output: invocation.output, isHeadless: invocation.has(DevCommand.headless))
    }

    /// Ends what runs for it in other processes, without waiting.
    func killOthers() {
        ToolKeeper.killAll()
        servers.killNow()
    }

    func run() async throws {
        let lock = try folder.take()
        defer { lock.unlock() }
        folder.withdraw()
        let screen = screen
        if !invocation.output.isJSON { screen.say("starting Postgres and a broker …") }
        let log = try DevelopmentLog(file: folder.log, output: invocation.output) { screen.log($0) }
        defer { log.finish() }
        let (postgres, broker) = try await servers.start(
            in: folder, postgresPort: invocation.optional(DevCommand.postgresPort) ?? 0,
            kafkaPort: invocation.optional(DevCommand.kafkaPort) ?? 0)
        let mesh = MeshSettings(
            postgres: postgres.url(database: DevelopmentDatabase.name), kafka: broker.bootstrapServers,
            isEmbeddedBroker: true, partitions: partitions, replication: 1)
        let result: Result<Void, any Error>
        do {
            try await DevelopmentDatabase.prepare(
                postgres.url(), fresh: invocation.has(DevCommand.fresh))
            try await DevelopmentDatabase.migrate(mesh.postgres)
            try await MeshParts.configure(mesh)
            try await runParts(mesh, broker, log)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        folder.withdraw()
        await servers.stop()
        try result.get()
    }

    /// Few, where nothing else is said: the broker looks at each of them anew in every fetch, also while nothing is sent.
    var partitions: Int {
        invocation.given(Settings.partitions) ?? max(4, invocation.optional(DevCommand.workers) ?? 1)
    }

    /// The settings of one of its workers, from 0.
    func worker(_ number: Int) throws(CommandFailure) -> WorkerSettings {
        var worker = try WorkerSettings(invocation)
        worker.id += "-\(number)"
        // A port has room for one.
        if number > 0 { worker.metricsPort = 0 }
        // The project's, wherever in it the command was started, where nobody says another.
        if invocation.given(Settings.cache) == nil { worker.cache = folder.cache }
        return worker
    }

    private func runParts(_ mesh: MeshSettings, _ broker: EmbeddedBroker, _ log: DevelopmentLog) async throws {
        var router = try RouterSettings(invocation)
        router.port = routerPort()
        router.hasOwnToken = true
        let traces = try TraceSettings(invocation)
        var egress = try EgressSettings(invocation)
        // Who develops tries things out; what would be refused elsewhere is told by `wasmesh grants`.
        egress.allowsAll = true
        // The port is the worker's.
        egress.metricsPort = 0
        let token = try await MeshParts.developmentToken(mesh.postgres)
        let (addresses, found) = AsyncStream.makeStream(of: String.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [router] in
                try await RouterProcess(mesh: mesh, settings: router, traces: traces, drain: .seconds(5)).run {
                    found.yield($0)
                }
            }
            group.addTask { try await RelayProcess(mesh: mesh).run() }
            group.addTask { [egress] in
                try await EgressProcess(postgres: mesh.postgres, settings: egress, traces: traces, drain: .seconds(5))
                    .run()
            }
            group.addTask { await broker.keepUp() }
            for number in 0..<(try invocation.value(DevCommand.workers)) {
                let worker = try worker(number)
                group.addTask {
                    try await WorkerProcess(mesh: mesh, settings: worker, traces: traces, drain: .seconds(5)).run()
                }
            }
            group.addTask {
                for await address in addresses {
                    try await develop(
                        DevelopmentAddresses(
                            router: address, kafka: mesh.kafka, postgres: mesh.postgres, process: .own,
                            directory: folder.project), token: token, log)
                    return
                }
            }
            // The parts run until they are cancelled; one that ends with an error takes the others along.
            while try await group.next() != nil {}
        }
    }

    private func develop(_ addresses: DevelopmentAddresses, token: String, _ log: DevelopmentLog) async throws {
        let loop = DeveloperLoop(
            project: folder.project, invocation: invocation, screen: screen, addresses: addresses, token: token)
        try folder.publish(addresses, token: token)
        try await loop.run {
            var ready = addresses
            ready.isReady = true
            log.isReady.store(true, ordering: .relaxed)
            try folder.publish(ready, token: token)
        }
    }

    /// The wished port; where nobody wishes and 8080 is taken, a free one.
    private func routerPort() -> Int {
        if let port = invocation.given(Settings.port) { return port }
        if PortCheck.isFree(8080) { return 8080 }
        screen.say("port 8080 is taken: the router takes a free one (--port chooses)")
        return 0
    }
}
