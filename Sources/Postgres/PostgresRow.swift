import CPostgres
package import MeshCore

/// One row of a result; columns are read by position, in binary form.
///
/// The accessors throw where the column is null, doesn't exist, or has another type: the database can be changed by hand while we run.
/// Those with `IfAny` give nil for null.
package struct PostgresRow: Sendable {
    let result: PostgresResult
    let index: Int32

    package var columnCount: Int { Int(PQnfields(result.pointer)) }

    package func isNull(_ column: Int) -> Bool {
        column < 0 || column >= columnCount || PQgetisnull(result.pointer, index, Int32(column)) != 0
    }

    /// Text, also of `json`, `jsonb` (as JSON) and `uuid` columns.
    package func text(_ column: Int) throws(PostgresError) -> String { try required(column, try textIfAny(column)) }
    package func textIfAny(_ column: Int) throws(PostgresError) -> String? {
        guard let field = try field(column) else { return nil }
        switch field.type {
        case .uuid: return try fixed(field, 16, column) { String(uuid: $0) }
        case .jsonb: return String(decoding: field.bytes.dropFirst(), as: UTF8.self)
        case .bytea, .int2, .int4, .int8, .bool, .float4, .float8, .timestamptz: throw mismatch(column, "text")
        default: return String(decoding: field.bytes, as: UTF8.self)
        }
    }

    /// The bytes of a `bytea` column, or the UTF-8 of a text or JSON column.
    package func bytes(_ column: Int) throws(PostgresError) -> [UInt8] { try required(column, try bytesIfAny(column)) }
    package func bytesIfAny(_ column: Int) throws(PostgresError) -> [UInt8]? {
        guard let field = try field(column) else { return nil }
        return field.type == .jsonb ? Array(field.bytes.dropFirst()) : Array(field.bytes)
    }

    /// An integer of any width.
    package func int64(_ column: Int) throws(PostgresError) -> Int64 { try required(column, try int64IfAny(column)) }
    package func int64IfAny(_ column: Int) throws(PostgresError) -> Int64? {
        guard let field = try field(column) else { return nil }
        switch field.type {
        case .int8: return try fixed(field, 8, column) { $0.bigEndian(Int64.self) }
        case .int4: return try fixed(field, 4, column) { Int64($0.bigEndian(Int32.self)) }
        case .int2: return try fixed(field, 2, column) { Int64($0.bigEndian(Int16.self)) }
        case .oid: return try fixed(field, 4, column) { Int64($0.bigEndian(UInt32.self)) }
        default: throw mismatch(column, "an integer")
        }
    }
    package func int(_ column: Int) throws(PostgresError) -> Int { Int(try int64(column)) }
    package func int32(_ column: Int) throws(PostgresError) -> Int32 {
        guard let value = Int32(exactly: try int64(column)) else { throw mismatch(column, "a 32-bit integer") }
        return value
    }

    package func bool(_ column: Int) throws(PostgresError) -> Bool { try required(column, try boolIfAny(column)) }
    package func boolIfAny(_ column: Int) throws(PostgresError) -> Bool? {
        guard let field = try field(column) else { return nil }
        guard field.type == .bool else { throw mismatch(column, "a boolean") }
        return try fixed(field, 1, column) { $0[0] != 0 }
    }

    package func float64(_ column: Int) throws(PostgresError) -> Double {
        try required(column, try float64IfAny(column))
    }
    package func float64IfAny(_ column: Int) throws(PostgresError) -> Double? {
        guard let field = try field(column) else { return nil }
        switch field.type {
        case .float8: return try fixed(field, 8, column) { Double(bitPattern: $0.bigEndian(UInt64.self)) }
        case .float4: return try fixed(field, 4, column) { Double(Float(bitPattern: $0.bigEndian(UInt32.self))) }
        default: throw mismatch(column, "a floating-point number")
        }
    }

    /// A `timestamptz`.
    package func timestamp(_ column: Int) throws(PostgresError) -> Timestamp {
        try required(column, try timestampIfAny(column))
    }
    package func timestampIfAny(_ column: Int) throws(PostgresError) -> Timestamp? {
        guard let field = try field(column) else { return nil }
        guard field.type == .timestamptz else { throw mismatch(column, "a timestamptz") }
        return try fixed(field, 8, column) {
            Timestamp(microseconds: $0.bigEndian(Int64.self) &+ postgresEpoch)
        }
    }

    /// Lends the raw bytes of a column, without a copy; nil for null. The buffer must not leave the closure.
    package func withBytes<Result>(
        _ column: Int, _ body: (UnsafeRawBufferPointer?) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        let field = try field(column)
        defer { extendLifetime(result) }
        return try body(
            field?.type == .jsonb ? field.map { UnsafeRawBufferPointer(rebasing: $0.bytes.dropFirst()) } : field?.bytes)
    }
}

extension PostgresRow {
    /// A column's value where it lies in the result; valid while `result` lives.
    struct Field {
        var bytes: UnsafeRawBufferPointer
        var type: PostgresType?
    }

    func field(_ column: Int) throws(PostgresError) -> Field? {
        guard column >= 0, column < columnCount else {
            throw PostgresError(.value, "there is no column \(column): the row has \(columnCount)")
        }
        let position = Int32(column)
        if PQgetisnull(result.pointer, index, position) != 0 { return nil }
        let length = Int(PQgetlength(result.pointer, index, position))
        return Field(
            bytes: UnsafeRawBufferPointer(start: PQgetvalue(result.pointer, index, position), count: length),
            type: PostgresType(rawValue: PQftype(result.pointer, position)))
    }

    func fixed<Value>(
        _ field: Field, _ length: Int, _ column: Int, _ read: (UnsafeRawBufferPointer) -> Value
    ) throws(PostgresError) -> Value {
        guard field.bytes.count == length else { throw mismatch(column, "a value of \(length) bytes") }
        defer { extendLifetime(result) }
        return read(field.bytes)
    }

    func required<Value>(_ column: Int, _ value: Value?) throws(PostgresError) -> Value {
        guard let value else { throw PostgresError(.value, "column \(column) (\(name(column))) is null") }
        return value
    }

    func mismatch(_ column: Int, _ expected: String) -> PostgresError {
        let type = PQftype(result.pointer, Int32(column))
        let found = PostgresType(rawValue: type).map { "\($0)" } ?? "of the type with oid \(type)"
        return PostgresError(.value, "column \(column) (\(name(column))) is \(found), not \(expected)")
    }

    private func name(_ column: Int) -> String {
        PQfname(result.pointer, Int32(column)).map { String(cString: $0) } ?? "?"
    }
}

extension UnsafeRawBufferPointer {
    /// The integer in network order at the start.
    func bigEndian<Number: FixedWidthInteger>(_: Number.Type, at offset: Int = 0) -> Number {
        Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

extension String {
    /// The canonical form of a UUID of 16 bytes.
    init(uuid bytes: UnsafeRawBufferPointer) {
        self.init(unsafeUninitializedCapacity: 36) { text in
            var at = 0
            for (index, byte) in bytes.enumerated() {
                if index == 4 || index == 6 || index == 8 || index == 10 {
                    text[at] = UInt8(ascii: "-")
                    at += 1
                }
                for digit in [byte >> 4, byte & 15] {
                    text[at] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
                    at += 1
                }
            }
            return at
        }
    }
}
