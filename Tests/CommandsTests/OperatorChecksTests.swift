import Embedded
import Kafka
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import Commands

/// What operators are told of servers that aren't as they should be, and of names that can't be used.
@Suite struct OperatorChecksTests {
    @Test func `lost topics are a problem where the broker keeps what it has, and made again where it doesn't`()
        async throws
    {
        try await withBroker { kafka in
            try await withDatabase { url in
                _ = try await MeshParts.migrate(url, dryRun: false)
                let connection = try PostgresConnection(PostgresConfiguration(url: url))
                defer { connection.close() }
                try await connection.script(
                    "INSERT INTO mesh.topic (name, kind, partitions) VALUES ('gone.a', 'event', 1), ('gone.b', 'event', 1)"
                )
                let lost = await KafkaCheck.run(kafka, postgres: url).filter { $0.subject.hasPrefix("topic") }
                #expect(lost.map(\.verdict) == [.problem])
                #expect(lost.first?.fact.contains("2 of 2") == true && lost.first?.fact.contains("gone.a") == true)
                #expect(lost.first?.remedy.contains("Kafka lost") == true)
                try await connection.script("UPDATE mesh.setting SET value = 'false' WHERE name = 'broker_durable'")
                let volatile = await KafkaCheck.run(kafka, postgres: url).filter { $0.subject.hasPrefix("topic") }
                #expect(volatile.map(\.subject) == ["topic gone.a", "topic gone.b"])
                #expect(volatile.allSatisfy { $0.verdict == .warning })
            }
        }
    }

    @Test(arguments: [
        ("", "found none"), (String(repeating: "x", count: 201), "found 201"), ("a\u{1B}[2J", "control characters"),
    ])
    func `an id that can't be a process's name is refused`(id: String, problem: String) {
        #expect(Settings.idProblem(id)?.contains(problem) == true)
    }

    @Test(arguments: ["w1", "shop-7f9c-x2 (blue)", String(repeating: "x", count: 200)])
    func `other ids are taken`(id: String) { #expect(Settings.idProblem(id) == nil) }

    @Test func `a server that takes no connection is told by its reason`() {
        var error = PostgresError(.connection, "remaining connection slots are reserved")
        error.sqlstate = "53300"
        #expect(Failures.describe(error).hint?.contains("max_connections") == true)
        let certificate = PostgresError(.connection, "root certificate file \"/nope\" does not exist")
        #expect(Failures.describe(certificate).hint?.contains("sslrootcert") == true)
        #expect(Failures.describe(PostgresError(.connection, "refused")).hint?.contains("is Postgres running") == true)
    }

    @Test(arguments: [("", []), ("a/b", []), ("/", ["/"]), ("/a/b", ["/a/b", "/a", "/"])] as [(String, [String])])
    func `a project is looked for up to the root, from places that have one`(place: String, folders: [String]) {
        #expect(ProjectDirectory.andAbove(place) == folders)
    }
}
