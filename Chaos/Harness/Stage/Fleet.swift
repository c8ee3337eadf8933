internal import Foundation
internal import Synchronization

/// The processes of the mesh: six places for workers, two routers, two relays, two egress processes.
final class Fleet: Sendable {
    static let mostWorkers = 6

    let workers: [ProcessSlot]
    let routers: [ProcessSlot]
    let relays: [ProcessSlot]
    let egresses: [ProcessSlot]
    let routerPorts: [UInt16]
    private let endings = Mutex<[ProcessSlot.Ending]>([])

    var all: [ProcessSlot] { workers + routers + relays + egresses }
    /// Those of `all` that should run.
    var wanted: [ProcessSlot] { runningWorkers + routers + relays + egresses }
    /// The ids of those that run.
    var processes: [Int32] { all.compactMap(\.pid) }
    var runningWorkers: [ProcessSlot] { workers.filter { $0.isWanted && $0.pid != nil } }
    var routerURLs: [String] { routerPorts.map { "http://127.0.0.1:\($0)" } }
    /// Of the routers that may answer.
    var answeringURLs: [String] { zip(routers, routerURLs).filter { !$0.0.isStranded }.map { $0.1 } }
    var stranded: [ProcessSlot] { all.filter(\.isStranded) }

    init(
        _ options: ChaosOptions, _ folder: RunFolder, database: String, kafka: String, routerPorts: [UInt16],
        token: String, clocks: FalseClock?
    ) {
        self.routerPorts = routerPorts
        var environment = [
            "WASMESH_POSTGRES": database, "WASMESH_KAFKA": kafka, "WASMESH_LOG_FORMAT": "text", "WASMESH_TOKEN": token,
            "WASMESH_DRAIN": "10s", "WASMESH_CACHE": folder.cache,
        ]
        for name in ["WASMESH_CONFIG", "WASMESH_WORKER_ID"] { environment[name] = "" }
        func recipe(_ slot: String, _ arguments: @escaping @Sendable (String) -> [String], hasOwnClock: Bool = false)
            -> ProcessSlot.Recipe
        {
            var own = environment
            own.removeValue(forKey: "WASMESH_CONFIG")
            own.removeValue(forKey: "WASMESH_WORKER_ID")
            if hasOwnClock, let clocks { own.merge(clocks.environment) { $1 } }
            return ProcessSlot.Recipe(
                program: options.program, arguments: arguments, environment: own, directory: folder.path,
                log: "\(folder.logs)/\(slot).log")
        }
        workers = (1...Fleet.mostWorkers).map { number in
            ProcessSlot(
                .worker, number,
                recipe("worker-\(number)", { ["worker", "--id", $0, "--threads", "2"] }, hasOwnClock: number == 1))
        }
        let partitions = String(options.partitions)
        routers = routerPorts.enumerated().map { index, port in
            ProcessSlot(
                .router, index + 1,
                recipe(
                    "router-\(index + 1)", { _ in ["router", "--port", String(port), "--partitions", partitions] }))
        }
        relays = (1...2).map { ProcessSlot(.relay, $0, recipe("relay-\($0)", { _ in ["relay"] })) }
        egresses = (1...2).map { ProcessSlot(.egress, $0, recipe("egress-\($0)", { _ in ["egress"] })) }
    }

    /// Wants these processes, and keeps them running until the task is cancelled.
    func run(workers count: Int) async throws {
        for slot in routers + relays + egresses + workers.prefix(count) { slot.want() }
        while !Task.isCancelled {
            for slot in all {
                if let ending = try slot.supervise() { endings.withLock { $0.append(ending) } }
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// How processes have ended so far.
    var endingsSoFar: [ProcessSlot.Ending] { endings.withLock { $0 } }

    /// Ends all of them, at once.
    func killAll() { for slot in all { slot.kill(hold: .seconds(3600)) } }
}
