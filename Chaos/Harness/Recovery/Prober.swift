internal import Foundation
internal import HTTPServer
internal import MeshCore
internal import Postgres
internal import Synchronization

/// Asks all the time whether everything works: a call to each partition through SQL, and one through each router.
final class Prober: Sendable {
    static let pause = Duration.milliseconds(250)

    private struct State {
        /// When probe n was committed.
        var sent: [ContinuousClock.Instant] = []
        /// When all partitions were seen to have done probe n (0: none), and n.
        var done: [(at: ContinuousClock.Instant, number: Int)] = []
        /// Calls through each router that were answered: when they were begun and ended.
        var answered: [[(began: ContinuousClock.Instant, ended: ContinuousClock.Instant)]]
    }

    private let stage: Stage
    private let keys: [String]
    private let state: Mutex<State>

    init(_ stage: Stage) {
        self.stage = stage
        keys = (0..<stage.options.partitions).map { Prober.key(of: $0, count: stage.options.partitions) }
        state = Mutex(State(answered: Array(repeating: [], count: stage.fleet.routerURLs.count)))
    }

    /// Probes until cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.send() }
            group.addTask { await self.watch() }
            for index in stage.fleet.routerURLs.indices { group.addTask { await self.call(index) } }
        }
    }

    /// When everything had worked again after `moment`: each partition did a probe that was sent later, and each router answered a
    /// call that was made later, but for those that are stranded. Nil where that hasn't been seen.
    func recovery(after moment: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        state.withLock { state in
            guard let number = state.sent.firstIndex(where: { $0 > moment }).map({ $0 + 1 }),
                let partitions = state.done.first(where: { $0.number >= number })?.at
            else { return nil }
            var latest = partitions
            for (answers, router) in zip(state.answered, stage.fleet.routers) where !router.isStranded {
                guard let answer = answers.first(where: { $0.began > moment }) else { return nil }
                latest = max(latest, answer.ended)
            }
            return latest
        }
    }

    private func send() async {
        guard let connection = connect("prober") else { return }
        defer { connection.close() }
        while !Task.isCancelled {
            let number = state.withLock { $0.sent.count + 1 }
            do {
                try await connection.query(
                    .oneOff(
                        """
                        SELECT mesh.send('bank.Probes/beat', NULL, json_build_object('id', k, 'number', $2::int4))
                        FROM unnest($1::text[]) k
                        """), .texts(keys), .int32(Int32(number)))
                // One of which nobody knows whether it was committed is sent again.
                state.withLock { $0.sent.append(.now) }
            } catch {
                try? await Task.sleep(for: .milliseconds(50))
            }
            try? await Task.sleep(for: Prober.pause)
        }
    }

    private func watch() async {
        guard let connection = connect("prober's eye") else { return }
        defer { connection.close() }
        while !Task.isCancelled {
            let sql = "SELECT coalesce(min(number), 0)::int8, count(*)::int8 FROM bank.probes WHERE id = ANY($1)"
            if let result = try? await connection.query(.oneOff(sql), .texts(keys)), let row = result.first,
                let number = try? row.int(0), (try? row.int(1)) == keys.count
            {
                state.withLock { state in
                    if number > state.done.last?.number ?? 0 { state.done.append((.now, number)) }
                }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func call(_ router: Int) async {
        let client = HTTPClient(timeout: .seconds(4))
        let url = stage.fleet.routerURLs[router] + "/bank.Probes/beat"
        while !Task.isCancelled {
            let began = ContinuousClock.now
            let answer = try? await client.request(
                "POST", url, headers: ["Content-Type": "application/json", "Connect-Timeout-Ms": "3000"],
                body: Array("{\"id\":\"http-\(router)\",\"number\":1}".utf8))
            if answer?.status == 200 { state.withLock { $0.answered[router].append((began, .now)) } }
            try? await Task.sleep(for: Prober.pause)
        }
    }

    private func connect(_ name: String) -> PostgresConnection? {
        var configuration = PostgresConfiguration(url: stage.database)
        configuration.patience = .seconds(1)
        configuration.applicationName = name
        return try? PostgresConnection(configuration)
    }

    /// A key that lies in a partition.
    private static func key(of partition: Int32, count: Int32) -> String {
        for number in 0... {
            let key = "probe-\(number)"
            if Partitioner.partition(of: key, count: count) == partition { return key }
        }
        return ""
    }
}
