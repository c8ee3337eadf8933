import MeshCore
import TestSupport
import Testing

/// Hostile guests on a real worker in a process of its own, with a real broker and a real Postgres (I6, I8).
@Suite(.serialized, .timeLimit(.minutes(4))) struct HostileGuestTests {
    /// What every case may take beyond its own deadline: for other tests on the same processors.
    private let patience = Duration.seconds(8)

    @Test func `whatever a guest does is contained, is named in the log, and costs its own message only`() async throws
    {
        try await HostileMesh.with { hostile in
            var records = 0
            for entry in HostileCase.all {
                try await expect(entry.method, of: "Hostile", after: &records, in: hostile, name: entry.name) { id in
                    switch entry.end {
                    case .deadLetter(let code, let cause):
                        try await expectDeadLetter(id, code, cause, in: hostile, entry.name)
                    case .done(let text):
                        #expect(try await hostile.deadLetter(id) == nil, "\(entry)")
                        if let text { #expect(hostile.worker.text.contains(text), "\(entry): the log lacks \(text)") }
                    }
                }
            }
            #expect(!hostile.worker.text.contains("\n00:00:00.000"))
            // A flood ends at its bound, and what is above is refused, not dropped in silence.
            #expect(
                try await hostile.mesh.count("SELECT count(*) FROM mesh.outbox WHERE type = 't.made' AND key = 'flood'")
                    == 1000)
            #expect(
                try await hostile.mesh.count("SELECT count(*) FROM mesh.outbox WHERE type = 't.made' AND key = 'large'")
                    == 4)

            for start in HostileStart.all {
                var records = 0
                try await expect(
                    "c01", of: start.service, after: &records, in: hostile, hasGoodOnes: false, name: start.service
                ) { id in
                    try await expectDeadLetter(id, start.code, start.cause, in: hostile, start.service)
                }
            }
            // The ledger beside them never noticed.
            try hostile.mesh.call("last", key: "k")
            try await eventually("the ledger goes on", within: .seconds(20)) {
                try await hostile.mesh.log(of: "k", in: hostile.mesh.audit) == ["last"]
            }
            #expect(hostile.worker.isRunning)
            #expect(
                try await hostile.mesh.count("SELECT max(epoch) FROM mesh.position") == 1,
                "partitions were claimed anew")
        }
    }

    /// Puts a hostile message among good ones of other keys, and waits for all of them.
    private func expect(
        _ method: String, of service: String, after records: inout Int, in hostile: HostileMesh,
        hasGoodOnes: Bool = true,
        name: String, _ check: (_ id: String) async throws -> Void
    ) async throws {
        let id = "\(service)-\(method)"
        let good = hasGoodOnes ? (0..<6).map { "\(id)-good\($0)" } : []
        let start = ContinuousClock.now
        for key in good.prefix(3) { try hostile.call("good00", of: service, id: key, key: key) }
        try hostile.call(method, of: service, id: id, key: "hostile")
        for key in good.dropFirst(3) { try hostile.call("good00", of: service, id: key, key: key) }
        records += good.count + 1
        let expected = records
        let limit = Duration.milliseconds(HostileCase.milliseconds) + patience
        let names = good.map { "'\($0)'" }.joined(separator: ",")
        if hasGoodOnes {
            try await eventually(
                "the others of the batch of \(name.prefix(60)) are done; the worker said:\n\(tail(hostile))",
                within: limit
            ) {
                try await hostile.mesh.count(
                    "SELECT count(*) FROM mesh.state WHERE service = 't.\(service)' AND key IN (\(names))")
                    == good.count
            }
        }
        try await eventually(
            "the message of \(name.prefix(60)) is done; the worker said:\n\(tail(hostile))", within: .seconds(30)
        ) {
            try await hostile.isDone(service, records: expected)
        }
        #expect(ContinuousClock.now - start < limit * 2, "\(name.prefix(60)) took too long")
        try await check(id)
    }

    private func expectDeadLetter(
        _ id: String, _ code: String, _ cause: String, in hostile: HostileMesh, _ name: String
    ) async throws {
        let letter = try await hostile.deadLetter(id)
        #expect(
            letter?.code == code,
            "\(name.prefix(60)): \(letter?.code ?? "no dead letter") \(letter?.message.prefix(300) ?? "")")
        #expect(letter?.message.contains(cause) == true, "\(name.prefix(60)): \(letter?.message.prefix(300) ?? "")")
        #expect(letter?.message.utf8.count ?? 0 < 5000, "\(name.prefix(60)): a cause is bounded")
        // An entry may have several lines. What Postgres refuses is named by the one who finds it.
        let entries = hostile.worker.text.replacing("\n    | ", with: " ").split(separator: "\n")
        let own = entries.filter {
            $0.contains("error worker: t.\(id.prefix { $0 != "-" })/") && $0.contains("messageId=\(id) ")
                && $0.contains(" trace=\(HostileMesh.trace)")
        }
        #expect(
            own.contains { $0.contains(cause) }
                || cause.hasPrefix("Postgres") && entries.contains { $0.contains("Postgres refuses a batch") },
            "\(name.prefix(60)) isn't named in the log")
    }

    private func tail(_ hostile: HostileMesh) -> String { String(hostile.worker.text.suffix(3000)) }
}
