import TestSupport
import Testing

@testable import Postgres

@Suite struct ServerCheckTests {
    private func refusal(_ facts: PostgresServerCheck.Facts) -> String? {
        do throws(PostgresError) {
            try facts.refuse()
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `a server as it comes is accepted`() async throws {
        try await withConnection { connection, _ in try await PostgresServerCheck.run(on: connection) }
    }

    @Test func `an old server, one without fsync, and a replica are refused with the reason`() {
        #expect(refusal(.init()) == nil)
        #expect(refusal(.init(version: 140_009))?.contains("version 14") == true)
        #expect(refusal(.init(fsync: "off"))?.contains("fsync") == true)
        #expect(refusal(.init(isReplica: true))?.contains("replica") == true)
    }

    @Test func `settings that can lose acknowledged messages, and another encoding, are warned about`() {
        #expect(PostgresServerCheck.Facts().warnings.isEmpty)
        #expect(PostgresServerCheck.Facts(synchronousCommit: "off", fullPageWrites: "off").warnings.count == 2)
        #expect(PostgresServerCheck.Facts(encoding: "SQL_ASCII").warnings.count == 1)
    }
}
