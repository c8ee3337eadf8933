import Embedded
import Foundation
import Postgres

/// What each part of the SQL lane has used of the CPUs, from `/proc`.
struct CPUTimes {
    static let parts = ["writers", "other Postgres", "relay", "client", "broker"]

    private let writers: [Int]
    private let postgres: Int
    private let broker: Int

    init(_ stage: Stage, writers pool: PostgresPool) async throws {
        var pids: [Int] = []
        for connection in pool.connections {
            pids.append(Int(try await connection.query(.oneOff("SELECT pg_backend_pid()::int8")).first?.int64(0) ?? 0))
        }
        writers = pids
        postgres = Int(stage.postgres.pid ?? 0)
        broker = Int(stage.broker.pid ?? 0)
    }

    /// Seconds so far, in the order of `parts`.
    var now: [Double] {
        let written = writers.reduce(0) { $0 + CPUTimes.seconds("/proc/\($1)/stat") }
        let servers = CPUTimes.children(of: postgres).reduce(0) { $0 + CPUTimes.seconds("/proc/\($1)/stat") }
        let own = CPUTimes.seconds("/proc/self/stat")
        return [written, servers - written, own - client, client, CPUTimes.seconds("/proc/\(broker)/stat")]
    }

    /// Microseconds per message since `before`, as a table's cell.
    func cells(since before: [Double], messages: Int) -> String {
        zip(now, before).map { decimal(($0 - $1) * 1_000_000 / Double(messages), 1) }.joined(separator: ", ")
    }

    /// The threads of the consumer that counts: ours by name, and those of its librdkafka, which can't be told from the producer's
    /// but by what they were started with; so only ours is counted here.
    private var client: Double {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return tasks.filter { task in
            let name = (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) ?? ""
            return name.hasPrefix("kafka-reader")
        }.reduce(0) { $0 + CPUTimes.seconds("/proc/self/task/\($1)/stat") }
    }

    private static func children(of parent: Int) -> [Int] {
        let all = ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int($0) }
        return all.filter { fields("/proc/\($0)/stat").dropFirst(1).first == String(parent) }
    }

    private static func seconds(_ path: String) -> Double {
        let values = fields(path)
        guard values.count > 12, let user = Double(values[11]), let system = Double(values[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The fields after the name, which may hold spaces: state, parent, …
    private static func fields(_ path: String) -> [String] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        guard let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ").map(String.init)
    }
}
