import MeshCore
import MeshRouter

/// The catalogue of what can be configured: each setting with its flag, environment variable, key, type, default and limit.
///
/// `docs/configuration.md` lists the same; a test keeps the two together.
package enum Settings {
    // Where the parts are.
    package static let url = Option<String>(
        "url", "URL", "Where the router answers.", default: "http://127.0.0.1:8080",
        defaultText: "that of the running `wasmesh dev`, else http://127.0.0.1:8080", environment: "WASMESH_URL",
        key: "router.url", limit: RouterAddress.problem)
    package static let token = Option<String>(
        "token", "TOKEN", "The control plane's bearer token.",
        defaultText: ".wasmesh/dev/token while `wasmesh dev` runs",
        environment: "WASMESH_TOKEN")
    /// The same for the router, which makes sure of the token instead of showing it.
    package static let administrator = Option<String>(
        "token", "TOKEN", "An administrator's token that the control plane takes, of at least 24 bytes.",
        environment: "WASMESH_TOKEN")
    package static let postgres = Option<String>(
        "postgres", "URL", "The Postgres database of the mesh.", environment: "WASMESH_POSTGRES", key: "postgres.url",
        limit: PostgresAddress.problem)
    package static let kafka = Option<String>(
        "kafka", "HOST:PORT,…", "Kafka's bootstrap servers.", environment: "WASMESH_KAFKA", key: "kafka.bootstrap",
        limit: { $0.contains(":") ? nil : "expected host:port, found '\($0)'" })
    package static let kafkaProperties = Option<String>(
        "kafka-properties", "A=B,…", "Further librdkafka properties (TLS, SASL).",
        environment: "WASMESH_KAFKA_PROPERTIES", key: "kafka.properties")
    package static let partitions = Option<Int>(
        "partitions", "N", "Partitions of each topic of a new mesh; fixed afterwards.", default: 16,
        defaultText: "16; of `wasmesh dev` 4, or one for each worker", environment: "WASMESH_PARTITIONS",
        key: "kafka.partitions", limit: range(1...4096))
    package static let replication = Option<Int>(
        "replication", "N", "Replicas of each topic that the mesh creates.", default: 1,
        environment: "WASMESH_REPLICATION", key: "kafka.replication", limit: range(1...15))

    // The router.
    package static let host = Option<String>(
        "host", "ADDRESS", "The address the router listens on.", default: "127.0.0.1", environment: "WASMESH_HOST",
        key: "router.host")
    package static let port = Option<Int>(
        "port", short: "p", "PORT", "The port the router listens on; 0 picks a free one.", default: 8080,
        environment: "WASMESH_PORT", key: "router.port", limit: range(0...65535))
    package static let bodyLimit = Option<Int>(
        "body-limit", "BYTES", "The largest accepted body of a call or of events; a record in Kafka has at most 4 MiB.",
        default: 1_048_576,
        environment: "WASMESH_BODY_LIMIT", key: "router.bodyLimit", limit: range(1024...4_000_000))
    package static let waitingLimit = Option<Int>(
        "waiting-limit", "N", "Calls that may wait for their answers at once.", default: 20_000,
        environment: "WASMESH_WAITING_LIMIT", key: "router.waitingLimit", limit: range(1...1_000_000))
    package static let origins = Option<String>(
        "origins", "ORIGIN,…", "Origins of web pages that may call methods from a browser (CORS); * is all.",
        environment: "WASMESH_ORIGINS", key: "router.origins", limit: CrossOrigin.problem)
    package static let ui = Option<Bool>.flag(
        off: "no-ui", "Doesn't serve the page for operators under /ui/; WASMESH_UI=false says the same.",
        environment: "WASMESH_UI", key: "router.ui")

    // The worker.
    package static let pool = Option<String>(
        "pool", "NAME", "The pool of services this worker runs.", default: "default", environment: "WASMESH_POOL",
        key: "worker.pool", limit: poolProblem)
    package static let workerID = Option<String>(
        "id", "ID", "The worker's id; a second worker with the id of one that is alive is refused.",
        defaultText: "host name and process id",
        environment: "WASMESH_WORKER_ID", key: "worker.id", limit: idProblem)
    package static let threads = Option<Int>(
        "threads", "N", "Sandbox threads.", defaultText: "the number of cores", environment: "WASMESH_THREADS",
        key: "worker.threads", limit: range(1...256))
    package static let cache = Option<String>(
        "cache", "DIRECTORY", "Where compiled modules are kept.", default: ".wasmesh/cache",
        environment: "WASMESH_CACHE", key: "worker.cache")
    package static let metricsPort = Option<Int>(
        "metrics-port", "PORT", "Where /metrics and /healthz answer; 0 is off.", default: 0,
        environment: "WASMESH_METRICS_PORT", key: "worker.metricsPort", limit: range(0...65535))

    // Traces, of routers and workers.
    package static let traces = Option<String>(
        "traces", "URL", "An OpenTelemetry collector that takes spans: OTLP over HTTP.", environment: "WASMESH_TRACES",
        key: "traces.url", limit: RouterAddress.problem)
    package static let traceHeaders = Option<String>(
        "trace-headers", "A=B,…", "Headers for the collector, such as a token.", environment: "WASMESH_TRACE_HEADERS")
    package static let traceRatio = Option<Double>(
        "trace-ratio", "0…1", "Of the traces that begin in the mesh, how many are recorded.", default: 1,
        defaultText: "1", environment: "WASMESH_TRACE_RATIO", key: "traces.ratio",
        limit: { (0...1).contains($0) ? nil : "expected 0 to 1, found \($0)" })

    // Egress.
    package static let secrets = Option<String>(
        "secrets", "DIRECTORY", "Secrets for calls to the outside, a file each.", environment: "WASMESH_SECRETS",
        key: "egress.secrets")
    package static let concurrency = Option<Int>(
        "concurrency", "N", "Calls to the outside at the same time.", default: 64, environment: "WASMESH_CONCURRENCY",
        key: "egress.concurrency", limit: range(1...1000))

    // All long-running processes.
    package static let drain = Option<Duration>(
        "drain", "TIME", "How long SIGTERM waits for what is in flight.", default: .seconds(20), defaultText: "20s",
        environment: "WASMESH_DRAIN", key: "drain")
    package static let logLevel = Option<String>(
        "log-level", "LEVEL", "The least level that is logged: debug, info, warning, error.", default: "info",
        environment: "WASMESH_LOG_LEVEL", key: "log.level",
        limit: {
            ["debug", "info", "warning", "error"].contains($0)
                ? nil : "expected debug, info, warning or error, found '\($0)'"
        })
    package static let logFormat = Option<String>(
        "log-format", "FORMAT", "text or json.", defaultText: "text on a terminal, else json",
        environment: "WASMESH_LOG_FORMAT", key: "log.format",
        limit: { ["text", "json"].contains($0) ? nil : "expected text or json, found '\($0)'" })

    // Clients.
    package static let timeout = Option<Duration>(
        "timeout", "TIME", "How long to wait for the answer.", default: .seconds(30), defaultText: "30s",
        environment: "WASMESH_TIMEOUT", key: "timeout")

    /// Every setting that `wasmesh.json` may hold.
    package static let all: [OptionDescription] = [
        url.description, postgres.description, kafka.description, partitions.description, replication.description,
        host.description, port.description, bodyLimit.description, waitingLimit.description, ui.description,
        origins.description,
        pool.description,
        workerID.description, threads.description, cache.description, metricsPort.description,
        traces.description, traceRatio.description, secrets.description, concurrency.description, drain.description,
        logLevel.description, logFormat.description,
        timeout.description,
    ]

    /// Sections whose content others check: librdkafka, handlers, the guest builder, editors.
    package static let freeForm: Set<String> = ["kafka.properties", "config", "project", "$schema"]

    /// What is wrong with a section whose names others know: only its form is looked at here.
    static func problem(freeForm key: String, _ node: JSONNode) -> String? {
        if key == "$schema" { return String.isWritten(as: node.value) ? nil : "expected a text" }
        guard case .object(let members) = node.value else { return "expected an object" }
        let isService = { (member: JSONNode.Member) in
            if case .object = member.node.value { member.name.contains(".") } else { true }
        }
        if key == "config", let member = members.first(where: { !isService($0) }) {
            return "'\(member.name)' is an object, as only a service's values are, and no service (shop.Orders)"
        }
        guard key == "kafka.properties", let member = members.first(where: { $0.node.text == nil }) else { return nil }
        return "'\(member.name)' takes a single value"
    }

    package static let byKey: [String: OptionDescription] = Dictionary(
        all.compactMap { option in option.key.map { ($0, option) } }, uniquingKeysWith: { first, _ in first })

    /// The objects that group settings.
    package static let sections: Set<String> = Set(
        (Array(byKey.keys) + freeForm).compactMap { key in key.lastIndex(of: ".").map { String(key[..<$0]) } })

    /// The names that may stand in a section (`prefix` ends with a dot, or is empty).
    package static func names(in prefix: String) -> [String] {
        let keys = (Array(byKey.keys) + freeForm).filter { $0.hasPrefix(prefix) }
        return Set(keys.map { String($0.dropFirst(prefix.count).prefix { $0 != "." }) }).sorted()
    }

    /// What is wrong with the name of a process; nil where it is good.
    package static let idProblem: @Sendable (String) -> String? = { id in
        if id.isEmpty { return "an id has 1 to 200 bytes, found none" }
        if id.utf8.count > 200 { return "an id has 1 to 200 bytes, found \(id.utf8.count)" }
        return id.unicodeScalars.contains(where: \.drivesTerminal) ? "an id has no control characters" : nil
    }

    /// What is wrong with the name of a pool: the router's rule, since a worker of a name that no deploy takes would wait for ever.
    package static let poolProblem: @Sendable (String) -> String? = { name in
        if name.isEmpty { return "a pool has a name" }
        let isValid =
            name.utf8.count <= 64
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        return isValid ? nil : "a pool has letters, digits, - and _, at most 64, found '\(name)'"
    }

    /// How many rows the router lists at once.
    package static let page = range(1...1000)

    /// A limit for whole numbers: those of `range`.
    static func range(_ range: ClosedRange<Int>) -> @Sendable (Int) -> String? {
        { range.contains($0) ? nil : "expected \(range.lowerBound) to \(range.upperBound), found \($0)" }
    }
}
