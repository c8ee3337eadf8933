import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

/// Runs the journals of workflows against packages; nothing changes by it.
struct Replayer: Sendable {
    let stores: RouterStores
    let compiler: CompileCheck
    /// Values of `config` by service, `*` for all.
    let configuration: [String: [String: String]]

    /// Which steps of a replay are wanted.
    struct Window: Sendable {
        var from = 1
        var limit = 1000
        /// Texts and data together.
        var bytes = 16 << 20
    }

    /// A replay with its steps.
    struct Report: Sendable {
        var end: ReplayEnd
        /// Those of the window.
        var steps: [ReplayStep] = []
        /// How many there were.
        var count = 0
    }

    // MARK: Packages

    /// A service of a package, ready to be run.
    func code(_ wasm: [UInt8], service name: String) async throws -> ReplayCode {
        let package: WasmPackage
        do throws(PackageError) {
            package = try WasmPackage.inspect(wasm)
        } catch {
            throw MeshError(.invalidRequest, error.description)
        }
        let compilation = SchemaCompiler.recompile(
            SchemaSource(path: WasmPackage.schemaSection, text: package.schemaText))
        guard let schema = compilation.schema else {
            throw MeshError(
                .invalidRequest,
                "the package's schema can't be read: \(compilation.diagnostics.first?.message ?? "no reason given")")
        }
        return try code(try await compiler.module(wasm), schema, service: name)
    }

    func code(_ module: WasmModule, _ schema: MeshSchema, service name: String) throws(MeshError) -> ReplayCode {
        guard let service = schema.services.first(where: { $0.qualifiedName == name }) else {
            throw MeshError(.notFound, "the package \(module.digest.prefix(12)) has no service \(name.shortened)")
        }
        let values = (configuration["*"] ?? [:]).merging(configuration[name] ?? [:]) { $1 }
        return ReplayCode(service: service, schema: schema, module: module, configuration: values)
    }

    /// The package of a digest, or of the beginning of one, that was deployed at some time.
    func stored(_ digest: String, service: String) async throws -> ReplayCode {
        let name = digest.lowercased()
        guard name.count >= 8, name.count <= 64, name.allSatisfy(\.isHexDigit) else {
            throw MeshError(.invalidRequest, "'\(digest.shortened)' isn't a digest: it has 8 to 64 hexadecimal digits")
        }
        guard let (digest, _) = try await stores.registry.schemaText(name),
            let wasm = try await stores.registry.wasm(digest)
        else {
            throw MeshError(
                .notFound, "no package with the digest \(name.shortened) was deployed, or several begin so")
        }
        return try await code(wasm, service: service)
    }

    // MARK: Replays

    /// Mixed into the random bytes of guests.
    func randomSecret() async throws -> [UInt8] {
        Array((try await stores.registry.setting("random_secret") ?? "").utf8)
    }

    /// Runs one journal and keeps the steps of the window.
    func replay(_ record: WorkflowRecord, code: ReplayCode, window: Window) async throws -> Report {
        let secret = try await randomSecret()
        return try await compiler.perform {
            let log = StepLog(window)
            let end = WorkflowReplay.run(record, code: code, randomSecret: secret) { log.take($0) }
            return Report(end: end, steps: log.steps, count: log.count)
        }
    }

    /// What several journals find, by workflow; those that agree aren't in it. Ends at `deadline`, with what it has looked at by then.
    func differences(
        _ records: [WorkflowRecord], code: ReplayCode, secret: [UInt8], until deadline: ContinuousClock.Instant
    ) async throws -> (checked: Int, found: [(id: WorkflowID, difference: WorkflowDifference)]) {
        try await compiler.perform {
            var checked = 0
            var found: [(WorkflowID, WorkflowDifference)] = []
            for record in records {
                if ContinuousClock.now > deadline { break }
                if let difference = WorkflowReplay.check(record, code: code, randomSecret: secret) {
                    found.append((record.row.id, difference))
                }
                checked += 1
            }
            return (checked, found)
        }
    }
}

/// Keeps the steps of a window; used on the one thread of its replay.
private final class StepLog {
    private let window: Replayer.Window
    private var bytes = 0
    private(set) var steps: [ReplayStep] = []
    private(set) var count = 0

    init(_ window: Replayer.Window) { self.window = window }

    func take(_ step: ReplayStep) -> Bool {
        count = step.number
        guard step.number >= window.from, steps.count < window.limit, bytes < window.bytes else { return true }
        bytes += step.text.utf8.count + (step.state?.count ?? 0) + (step.entry.request?.count ?? 0)
        bytes += step.entry.result?.count ?? 0
        steps.append(step)
        return true
    }
}
