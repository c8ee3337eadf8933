internal import Embedded
internal import Foundation

/// Keeps what a violation can be understood from: the database's content, what was read of the topics, where every thread stood.
struct Evidence: Sendable {
    private let stage: Stage
    private let witness: TopicWitness
    private let folder: RunFolder

    init(_ stage: Stage, _ witness: TopicWitness, _ folder: RunFolder) {
        self.stage = stage
        self.witness = witness
        self.folder = folder
    }

    func keep() async {
        say("   keeping the evidence in \(folder.path)")
        let records = witness.books.records.map {
            "\($0.life)\t\($0.topic)\t\($0.partition)\t\($0.offset)\t\($0.lane).\($0.epoch)\t\($0.sequence)\t\($0.key)\t\($0.number)\t\($0.id)"
        }
        try? folder.write(records.joined(separator: "\n"), to: "topics.tsv")
        let visits = stage.outside.visits.map { "\($0.path)\t\($0.key)\t\($0.isAnswered)" }
        try? folder.write(visits.joined(separator: "\n"), to: "outside.tsv")
        await stacks()
        _ = try? await Program.run(
            ["pg_dump", "--dbname", stage.database, "--file", folder.path + "/database.sql"], within: .seconds(120))
        let server = [(stage.postgres.log, "postgres.log"), (stage.broker.log, "broker.log")]
        for (path, name) in server {
            try? FileManager.default.copyItem(atPath: path, toPath: folder.logs + "/" + name)
        }
    }

    /// Where each thread of each process stands; for what hangs.
    private func stacks() async {
        for slot in stage.fleet.all {
            guard let pid = slot.pid else { continue }
            guard
                let outcome = try? await Program.run(
                    [
                        "gdb", "-p", String(pid), "-batch", "-ex", "set print thread-events off", "-ex",
                        "thread apply all bt 25",
                    ],
                    within: .seconds(60))
            else { return }
            try? folder.write(outcome.text, to: "logs/\(slot.name).stacks")
        }
    }
}
