internal import Foundation
internal import Postgres
internal import Synchronization

/// An application with transactions of its own: transfers, steps of sequences, entries of the ledger.
struct SQLWork: Sendable {
    let database: String
    let log: WorkLog
    let shape: WorkShape

    /// Works until cancelled; `number` tells sessions apart.
    func run(session number: Int, seed: UInt64, pace: Duration) async {
        var random = SeededGenerator(seed: seed)
        var configuration = PostgresConfiguration(url: database)
        configuration.patience = .seconds(2)
        configuration.applicationName = "application-\(number)"
        guard let connection = try? PostgresConnection(configuration) else { return }
        defer { connection.close() }
        var count = 0
        while !Task.isCancelled {
            count += 1
            do {
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<3: try await transfers(connection, "s\(seed % 100_000).\(number).\(count)", &random)
                case 3..<7:
                    let keys = pick(Int.random(in: 1...5, using: &random), of: shape.keys, &random).map { "k\($0)" }
                    try await connection.query(.oneOff("SELECT chaos.steps($1::text[])"), .texts(keys))
                default:
                    let accounts = pick(Int.random(in: 1...3, using: &random), of: shape.keys, &random).map { "b\($0)" }
                    try await connection.query(
                        .oneOff("SELECT chaos.entries($1::text[], $2::int4)"), .texts(accounts),
                        .int32(Int32.random(in: 1...9, using: &random)))
                }
                log.count { $0.sqlTransactions += 1 }
            } catch {
                // Whether it took place stands in its own tables.
                log.count { $0.sqlFailures += 1 }
                try? await Task.sleep(for: .milliseconds(100))
            }
            try? await Task.sleep(for: random.gap(mean: pace))
        }
    }

    private func transfers(_ connection: PostgresConnection, _ prefix: String, _ random: inout SeededGenerator)
        async throws
    {
        let fails = random.chance(0.1)
        let transfers = (0..<Int.random(in: 1...3, using: &random)).map { index in
            shape.transfer(id: "\(fails ? "x" : "")\(prefix).\(index)", &random)
        }
        let list = transfers.map { transfer in
            let wait = random.chance(0.5) ? Int.random(in: 1...400, using: &random) : 0
            return """
                {"id":"\(transfer.id)","source":"\(transfer.source)","target":"\(transfer.target)","amount":\(transfer.amount),\
                "way":"\(transfer.way.rawValue)","wait":\(wait),"asks":\(random.chance(0.3)),"tells":"\(shape.outside)"}
                """
        }
        do throws(PostgresError) {
            try await connection.query(
                .oneOff("SELECT chaos.transfers($1::json, $2::bool)"), .text("[\(list.joined(separator: ","))]"),
                .bool(fails))
        } catch {
            guard fails, error.sqlstate == "CH001" else { throw error }
        }
    }

    private func pick(_ count: Int, of all: Int, _ random: inout SeededGenerator) -> Set<Int> {
        Set((0..<count).map { _ in Int.random(in: 0..<all, using: &random) })
    }
}

/// How many of everything there are.
struct WorkShape: Sendable {
    /// Where workflows tell of their transfers.
    var outside: String
    var accounts = 40
    var keys = 24

    func transfer(id: String, _ random: inout SeededGenerator) -> Transfer {
        let source = Int.random(in: 0..<accounts, using: &random)
        let target = (source + Int.random(in: 1..<accounts, using: &random)) % accounts
        let ways = Transfer.Way.allCases
        return Transfer(
            id: id, source: "a\(source)", target: "a\(target)", amount: Int.random(in: 1...400, using: &random),
            way: ways[Int.random(in: 0..<ways.count, using: &random)])
    }
}
