/// What is measured: `mesh-benchmark [path] [latency] [sql] [bloat] [workflows] [scaling] [--records N] …`; without a name, everything.
struct Options {
    static let benchmarks = ["path", "latency", "sql", "bloat", "workflows"]
    /// Only by name: it takes a quarter of an hour.
    static let scaling = "scaling"

    var chosen: [String]
    /// The message path: records of one run.
    var records = 150_000
    var keys = 5_000
    var partitions: Int32 = 4
    /// Bytes of a record's data, about.
    var payload = 110
    var rounds = 3
    /// Latency: calls that count, after `calls / 10` that don't.
    var calls = 2_000
    /// The SQL lane: messages of one run, and the sessions that write them.
    var messages = 300_000
    var sessions = 3
    /// Bloat: the sizes are compared after this many messages and after five times as many.
    var bloat = 300_000
    /// Workflows: of the mesh through Kafka (twice as many local ones), of each peer (0: without peers), side by side, and asleep beside
    /// them (0: not measured).
    var workflows = 10_000
    var peerWorkflows = 300
    var inFlight = 200
    var sleepers = 100_000
    /// Scaling: the axes to walk (`--axes keys,payload`; none: all), and values above which they are left out.
    var axes: [String] = []
    var scalingMaximum = Int.max
    /// Calls of one workflow at once.
    var fan = 10_000

    init(_ arguments: [String]) {
        func value(_ name: String, from least: Int = 1) -> Int? {
            guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
            return Int(arguments[index + 1]).flatMap { $0 >= least ? $0 : nil }
        }
        let named = (Options.benchmarks + [Options.scaling]).filter(arguments.dropFirst().contains)
        chosen = named.isEmpty ? Options.benchmarks : named
        records = value("--records") ?? records
        keys = value("--keys") ?? keys
        partitions = value("--partitions").map(Int32.init) ?? partitions
        rounds = value("--rounds") ?? rounds
        calls = value("--calls") ?? calls
        messages = value("--messages") ?? messages
        sessions = value("--sessions") ?? sessions
        bloat = value("--bloat") ?? bloat
        workflows = value("--workflows") ?? workflows
        peerWorkflows = value("--peer-workflows", from: 0) ?? peerWorkflows
        inFlight = value("--in-flight") ?? inFlight
        sleepers = value("--sleepers", from: 0) ?? sleepers
        scalingMaximum = value("--maximum") ?? scalingMaximum
        if let index = arguments.firstIndex(of: "--axes"), index + 1 < arguments.count {
            axes = arguments[index + 1].split(separator: ",").map(String.init)
        }
        fan = value("--fan") ?? fan
    }
}
