import Postgres
import TestSupport
import Testing

@Suite struct PipelineTests {
    @Test func `a pipeline's results come in the order of its statements`() async throws {
        try await withDatabase { url in
            let connection = try PostgresConnection(PostgresConfiguration(url: url))
            var pipeline = Pipeline()
            pipeline.add(Statement("one", "SELECT $1::int8 + 1"), .int64(41))
            pipeline.add(
                Statement("texts", "SELECT t, n FROM unnest($1::text[], $2::int8[]) AS x(t, n)"), .texts(["a", "é"]),
                .integers([1, 2]))
            let results = try await connection.submit(pipeline)
            #expect(try results[0][0].int64(0) == 42)
            #expect(try results[1].map { try $0.text(0) } == ["a", "é"])
            try await PostgresServerCheck.run(on: connection)
        }
    }
}
