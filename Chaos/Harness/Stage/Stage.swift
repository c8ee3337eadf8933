internal import Embedded
internal import Foundation
internal import Kafka
internal import MeshCore
internal import Outbox
internal import Postgres

/// Everything that takes part: the servers, the proxies before them, the processes of the mesh, the built services.
struct Stage: Sendable {
    let options: ChaosOptions
    let folder: RunFolder
    let disk: DatabaseDisk
    let postgres: EmbeddedPostgres
    let broker: EmbeddedBroker
    let postgresProxy: TCPProxy
    let kafkaProxy: TCPProxy
    let fleet: Fleet
    let outside: Outside
    let packages: GuestPackages
    let token: String
    /// What moves a process's clock; nil where nothing does.
    let clocks: FalseClock?

    /// The database, past the proxy: for the application and the checker.
    var database: String { postgres.url(database: "mesh") }
    var kafka: KafkaConfiguration { .embedded(bootstrapServers: "127.0.0.1:\(kafkaProxy.port)", clientID: "chaos") }

    static func start(_ options: ChaosOptions, _ folder: RunFolder) async throws -> Stage {
        await DatabaseDisk.removeLeftovers(in: options.directory)
        guard FileManager.default.isExecutableFile(atPath: options.program) else {
            throw ChaosFailure("there is no program \(options.program); build it, or name it with --program")
        }
        async let packages = GuestPackages.build(options.program)
        let disk = try await DatabaseDisk.make(at: folder.postgres, megabytes: options.isSoak ? nil : 4096)
        let postgres = try await EmbeddedPostgres.start(directory: folder.postgres)
        let brokerPort = try FreePort.find()
        let kafkaProxy = try TCPProxy(target: brokerPort)
        let broker = try await EmbeddedBroker.start(
            directory: folder.broker, port: brokerPort, advertisedPort: options.isSoak ? nil : kafkaProxy.port)
        let postgresProxy = try TCPProxy(target: postgres.port)
        let token = try await prepare(postgres, options)
        // A soak has no faults, and measures; so nothing stands between.
        let kafka = options.isSoak ? broker.bootstrapServers : "127.0.0.1:\(kafkaProxy.port)"
        let database = postgres.url(database: "mesh").replacingOccurrences(
            of: ":\(postgres.port)/", with: ":\(options.isSoak ? postgres.port : postgresProxy.port)/")
        let ports = [try FreePort.find(), try FreePort.find()]
        try folder.writeAddresses(kafka: kafka, postgres: database, router: "http://127.0.0.1:\(ports[0])")
        let clocks =
            options.kinds.contains(.clockJump) && !options.isSoak
            ? try FalseClock(in: folder.path) : nil
        let fleet = Fleet(
            options, folder, database: database, kafka: kafka, routerPorts: ports, token: token,
            clocks: clocks)
        for proxy in [kafkaProxy, postgresProxy] { proxy.watch { fleet.processes } }
        return Stage(
            options: options, folder: folder, disk: disk, postgres: postgres, broker: broker,
            postgresProxy: postgresProxy, kafkaProxy: kafkaProxy, fleet: fleet,
            outside: try Outside(seed: options.seed), packages: try await packages,
            token: token, clocks: clocks)
    }

    /// Makes the database with the program under test and the application's own tables; a token for the control plane.
    private static func prepare(_ postgres: EmbeddedPostgres, _ options: ChaosOptions) async throws -> String {
        try await Psql.run(postgres.url(), "CREATE DATABASE mesh")
        let database = postgres.url(database: "mesh")
        try await Program.check([options.program, "migrate", "--postgres", database])
        try await Psql.run(
            database, try String(contentsOfFile: ChaosOptions.checkout + "/Chaos/work.sql", encoding: .utf8))
        // Small, so that rotation takes place within a run.
        try await Psql.run(database, "UPDATE mesh.setting SET value = '1048576' WHERE name = 'outbox_slot_bytes'")
        let pool = try PostgresPool(PostgresConfiguration(url: database), size: 1)
        defer { pool.close() }
        return try await AdminStore(pool).createToken(name: "chaos")
    }

    /// Deploys one of the packages, as a person would.
    func deploy(_ package: String, _ flags: [String] = [], pool: String = "default") async throws -> Program.Outcome {
        try await control(["deploy", package, "--pool", pool] + flags)
    }

    /// Deploys it to the pool of the workers, whatever else is broken just now; how many tries that took.
    func deployAtAnyRate(_ package: String, _ flags: [String] = []) async throws -> Int {
        var tries = 1
        while (try? await deploy(package, flags).exit) != 0 {
            tries += 1
            try await Task.sleep(for: .milliseconds(300))
        }
        return tries
    }

    /// Takes a service out of force, whatever of it isn't done.
    func undeploy(_ service: String) async throws -> Program.Outcome {
        try await control(["undeploy", service, "--force"])
    }

    private func control(_ words: [String]) async throws -> Program.Outcome {
        let url = fleet.answeringURLs.randomElement() ?? ""
        return try await Program.run(
            [options.program] + words + ["--url", url, "--token", token], in: folder.path, within: .seconds(60))
    }

    /// Waits until the mesh runs, and deploys the services.
    func deployAtLast() async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        var last = "no try"
        while ContinuousClock.now < deadline {
            let outcome = try await deploy(packages.alike[0])
            if outcome.exit == 0 {
                try await allowOutside()
                return try await checkBroker()
            }
            last = outcome.text
            try await Task.sleep(for: .milliseconds(300))
        }
        throw ChaosFailure("the services couldn't be deployed within a minute: \(last)")
    }

    /// The workflows of the bank may tell the outside of transfers, so many at once.
    private func allowOutside() async throws {
        // A limit that holds back now and then, so that what it needs is in use while processes die.
        let orders = [
            ["grants", "add", "bank.Moves", "http:\(outside.url)/"],
            ["limits", "set", outside.url, "--rate", "20/s", "--concurrency", "24"],
        ]
        for words in orders {
            let outcome = try await control(words)
            guard outcome.exit == 0 else { throw ChaosFailure("\(words.joined(separator: " ")): \(outcome.text)") }
        }
    }

    /// A mesh that took the embedded broker for a cluster would be another mesh than the one that is to be tried.
    private func checkBroker() async throws {
        let row = try await Psql.rows(database, "SELECT mesh.setting_value('broker_durable')").first?.first
        guard row.map(String.init) == "false" else {
            throw ChaosFailure(
                "the mesh doesn't know that its broker keeps nothing: broker_durable is \(row ?? "not set")")
        }
    }

    /// Ends everything; the run's folder stays.
    func stop() async {
        fleet.killAll()
        await outside.stop()
        for proxy in [kafkaProxy, postgresProxy] { proxy.give(.stop) }
        try? await disk.thaw()
        disk.empty()
        await broker.kill()
        await postgres.kill()
        await disk.remove()
    }
}
