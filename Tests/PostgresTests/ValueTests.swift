import MeshCore
import Postgres
import TestSupport
import Testing

@Suite struct ValueTests {
    private static let scalars = Statement(
        "scalars",
        """
        SELECT $1::text, $2::int4, $3::int8, $4::bool, $5::float8, $6::bytea, $7::timestamptz, $8::jsonb, $9::text,
               encode($6::bytea, 'hex'), $3::int8::text, $4::bool::text
        """)
    private static let arrays = Statement(
        "arrays",
        """
        SELECT $1::text[], $2::int8[], $3::int4[], $4::bool[], $5::float8[], $6::bytea[], $7::timestamptz[], $8::jsonb[],
               cardinality($1::text[])::int8
        """)

    @Test func `every scalar type comes back as it was sent`() async throws {
        var seed = Seed()
        try await withConnection { connection, _ in
            for _ in 0..<200 {
                let text = seed.text(limit: 40)
                let small = Int32.random(in: .min ... .max, using: &seed)
                let large =
                    seed.chance(0.2)
                    ? [Int64.min, .max, 0, -1][seed.integer(in: 0...3)] : Int64.random(in: .min ... .max, using: &seed)
                let flag = seed.chance(0.5)
                let real = Double(bitPattern: seed.next())
                let bytes = seed.bytes(count: seed.integer(in: 0...300))
                let time = Timestamp(
                    microseconds: Int64.random(in: -60_000_000_000_000_000...200_000_000_000_000_000, using: &seed))
                let row = try await connection.query(
                    Self.scalars, .text(text), .int32(small), .int64(large), .bool(flag), .float64(real), .bytes(bytes),
                    .timestamp(time), .text("{\"a\": 1}"), .utf8(Array(text.utf8)))[0]
                #expect(try row.text(0) == text)
                #expect(try row.int32(1) == small)
                #expect(try row.int64(2) == large)
                #expect(try row.bool(3) == flag)
                let back = try row.float64(4)
                #expect(back == real || (back.isNaN && real.isNaN))
                #expect(try row.bytes(5) == bytes)
                #expect(try row.timestamp(6) == time)
                #expect(try row.text(7) == "{\"a\": 1}")
                #expect(try row.bytes(8) == Array(text.utf8))
                // As the server sees them.
                #expect(try row.text(9) == bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
                #expect(try row.text(10) == String(large))
                #expect(try row.text(11) == String(flag))
            }
        }
    }

    @Test func `every array type comes back as it was sent`() async throws {
        var seed = Seed()
        try await withConnection { connection, _ in
            for _ in 0..<200 {
                let count = seed.integer(in: 0...20)
                let texts = (0..<count).map { _ in seed.text() }
                let larges = (0..<count).map { _ in Int64.random(in: .min ... .max, using: &seed) }
                let smalls = (0..<count).map { _ in Int32.random(in: .min ... .max, using: &seed) }
                let flags = (0..<count).map { _ in seed.chance(0.5) }
                let reals = (0..<count).map { _ in Double.random(in: -1e300...1e300, using: &seed) }
                let blobs = (0..<count).map { _ in seed.bytes(count: seed.integer(in: 0...50)) }
                let times = larges.map { Timestamp(microseconds: $0 / 1000) }
                let documents = larges.map { Array("{\"n\": \($0)}".utf8) }
                let row = try await connection.row(
                    Self.arrays, .texts(texts), .int64s(larges), .int32s(smalls), .bools(flags), .float64s(reals),
                    .bytesArray(blobs), .timestamps(times), .jsonbs(documents))
                #expect(try row.texts(0) == texts)
                #expect(try row.int64s(1) == larges)
                #expect(try row.int64s(2) == smalls.map(Int64.init))
                #expect(try row.bools(3) == flags)
                #expect(try row.float64s(4) == reals)
                #expect(try row.bytesArray(5) == blobs)
                #expect(try row.timestamps(6) == times)
                #expect(try row.bytesArray(7) == documents)
                #expect(try row.int(8) == count)
            }
        }
    }

    @Test func `nulls stay nulls, alone and within arrays`() async throws {
        try await withConnection { connection, _ in
            let row = try await connection.row(
                Self.scalars, .null, .null, .int64(orNull: nil), .null, .null, .bytes(orNull: nil),
                .timestamp(orNull: nil),
                .utf8(orNull: nil), .text(orNull: nil))
            for column in 0..<row.columnCount { #expect(row.isNull(column)) }
            #expect(try row.textIfAny(0) == nil)
            #expect(try row.int64IfAny(2) == nil)
            #expect(try row.timestampIfAny(6) == nil)
            #expect(throws: PostgresError.self) { try row.text(0) }

            let unnested = try await connection.query(
                .oneOff("SELECT t, n FROM unnest($1::text[], $2::int8[]) AS x(t, n)"),
                .texts(["a", nil, ""] as [String?]), .int64s([nil, 2, 3] as [Int64?]))
            #expect(try unnested.map { try $0.textIfAny(0) } == ["a", nil, ""])
            #expect(try unnested.map { try $0.int64IfAny(1) } == [nil, 2, 3])
        }
    }

    @Test func `thousands of rows go in by arrays and come out again`() async throws {
        try await withConnection { connection, _ in
            try await connection.script("CREATE TABLE big (id int8, body bytea)")
            let insert = Statement("big_insert", "INSERT INTO big SELECT * FROM unnest($1::int8[], $2::bytea[])")
            let count = 20_000
            var pipeline = Pipeline()
            pipeline.add(insert, .integers(0..<count), .bytesArray((0..<count).map { Array("payload of \($0)".utf8) }))
            pipeline.add(.oneOff("SELECT id, body FROM big ORDER BY id"))
            let results = try await connection.submit(pipeline)
            #expect(results[0].affectedRows == count)
            for (index, row) in results[1].enumerated() {
                guard try row.int(0) == index, try row.bytes(1) == Array("payload of \(index)".utf8) else {
                    Issue.record("row \(index) is wrong")
                    return
                }
            }
        }
    }

    @Test func `a parameter of many megabytes does not block, even with others behind it`() async throws {
        try await withConnection { connection, _ in
            let statement = Statement("size", "SELECT length($1::bytea)::int8, $1::bytea")
            let body = [UInt8](repeating: 7, count: 16 << 20)
            async let first = connection.row(statement, .bytes(body))
            async let second = connection.row(statement, .bytes(body))
            let (one, two) = try await (first, second)
            #expect(try one.int(0) == body.count)
            #expect(try two.bytes(1) == body)
        }
    }

    @Test func `a zero byte in text is refused before anything is sent, by the statement's name`() async throws {
        try await withConnection { connection, _ in
            var pipeline = Pipeline()
            pipeline.add(.oneOff("SELECT 1"))
            pipeline.add(Statement("zero", "SELECT $1::text"), .text("a\0b"))
            let error = await failure { try await connection.submit(pipeline) }
            #expect(error?.kind == .value)
            #expect(error?.statement == "zero")
            #expect(error?.statementIndex == 1)
            let inArray = await failure {
                try await connection.query(.oneOff("SELECT $1::text[]"), .texts(["a\0b"]))
            }
            #expect(inArray?.sqlstate == "22021")
        }
    }

    @Test func `reading a column as what it isn't is an error that says what it is`() async throws {
        try await withConnection { connection, _ in
            let row = try await connection.query(.oneOff("SELECT 'x'::text AS name, 1::int8, now()"))[0]
            func message(_ read: () throws(PostgresError) -> Void) -> String {
                do throws(PostgresError) {
                    try read()
                    return ""
                } catch {
                    return error.message
                }
            }
            #expect(
                message { () throws(PostgresError) in _ = try row.int64(0) }
                    == "column 0 (name) is text, not an integer")
            #expect(message { () throws(PostgresError) in _ = try row.text(1) }.contains("is int8, not text"))
            #expect(message { () throws(PostgresError) in _ = try row.bool(2) }.contains("timestamptz"))
            #expect(message { () throws(PostgresError) in _ = try row.text(9) }.contains("no column 9"))
        }
    }

    @Test func `uuids are text on both ways`() async throws {
        try await withConnection { connection, _ in
            let id = MessageID.make()
            let row = try await connection.row(.oneOff("SELECT $1::uuid, ARRAY[$1::uuid]"), .text(id))
            #expect(try row.text(0) == id)
            #expect(try row.texts(1) == [id])
        }
    }
}
