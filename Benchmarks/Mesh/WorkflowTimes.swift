import Foundation
import MeshCore
import Outbox
import Postgres

/// What workflows cost beside steps in a row: how late timers come, and one that calls thousands at once.
enum WorkflowTimes {
    /// The delays of timers, by the journal: an entry `fired` has the time of its activation.
    static func timers(_ load: WorkflowLoad, _ database: PostgresPool, _ what: String) async throws {
        note("measuring timers \(what)")
        let prefix = "nap-\(UUID().uuidString.prefix(8))"
        for number in 0..<50 {
            _ = try await load.call("nap", #"{"id":"\#(prefix)-\#(number)","milliseconds":20,"times":20}"#)
        }
        let delays = try await database.query(
            .oneOff(
                """
                SELECT (extract(epoch FROM f.at - t.due) * 1e6)::int8 FROM mesh.journal f
                JOIN mesh.journal t ON t.service = f.service AND t.id = f.id AND t.op = f.op AND t.kind = 'timer'
                WHERE f.kind = 'fired' AND f.id LIKE $1
                """), .text(prefix + "%")
        ).map { Double(try $0.int64(0)) / 1000 }
        let late = Distribution(delays)
        say(
            "\nTimers \(what), \(delays.count) of them one after the other: late by p50 \(decimal(late.percentile(0.5))), p99 \(decimal(late.percentile(0.99))) ms"
        )
        if late.percentile(0.99) > 20 { say("**More than the 20 ms that are the goal on an idle machine.**") }
    }

    /// One workflow that calls `count` others as a group, a thousand first.
    static func fanOut(_ count: Int, _ load: WorkflowLoad, worker: Int32) async throws {
        note("measuring a fan-out of \(count)")
        var texts: [String] = []
        for size in [count / 10, count] {
            let before = residentBytes(worker)
            let began = ContinuousClock.now
            let answer = try await load.call("fan", #"{"id":"fan-\#(UUID().uuidString)","count":\#(size)}"#)
            let seconds = (.now - began) / .seconds(1)
            guard answer.hasSuffix(":\(size)}") else { throw KeepAliveClient.Failure(description: answer) }
            let grown = Double(max(0, residentBytes(worker) - before)) / 1_048_576
            texts.append(
                "\(size) calls in \(decimal(seconds)) s (\(decimal(Double(size) / seconds, 0)) calls/s), process larger by \(decimal(grown, 0)) MiB"
            )
        }
        say("\nOne workflow that calls others as a group: " + texts.joined(separator: "; "))
    }

    private static func residentBytes(_ process: Int32) -> Int {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8) else { return 0 }
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
