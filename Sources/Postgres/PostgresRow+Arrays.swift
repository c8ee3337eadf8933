package import MeshCore

extension PostgresRow {
    /// `text[]`; a null element is refused.
    package func texts(_ column: Int) throws(PostgresError) -> [String] {
        try elements(column, of: [.textArray, .uuidArray, .jsonbArray]) { element, type in
            switch type {
            case .uuid: element.count == 16 ? String(uuid: element) : nil
            case .jsonb: String(decoding: element.dropFirst(), as: UTF8.self)
            default: String(decoding: element, as: UTF8.self)
            }
        }
    }

    /// `int8[]` or `int4[]`; a null element is refused.
    package func int64s(_ column: Int) throws(PostgresError) -> [Int64] {
        try elements(column, of: [.int8Array, .int4Array]) { element, _ in
            switch element.count {
            case 8: element.bigEndian(Int64.self)
            case 4: Int64(element.bigEndian(Int32.self))
            default: nil
            }
        }
    }

    /// `bytea[]`, or the UTF-8 of `text[]` and `jsonb[]`; a null element is refused.
    package func bytesArray(_ column: Int) throws(PostgresError) -> [[UInt8]] {
        try elements(column, of: [.byteaArray, .textArray, .jsonbArray]) { element, type in
            type == .jsonb ? Array(element.dropFirst()) : Array(element)
        }
    }

    /// `bool[]`; a null element is refused.
    package func bools(_ column: Int) throws(PostgresError) -> [Bool] {
        try elements(column, of: [.boolArray]) { element, _ in element.count == 1 ? element[0] != 0 : nil }
    }

    /// `float8[]`; a null element is refused.
    package func float64s(_ column: Int) throws(PostgresError) -> [Double] {
        try elements(column, of: [.float8Array]) { element, _ in
            element.count == 8 ? Double(bitPattern: element.bigEndian(UInt64.self)) : nil
        }
    }

    /// `timestamptz[]`; a null element is refused.
    package func timestamps(_ column: Int) throws(PostgresError) -> [Timestamp] {
        try elements(column, of: [.timestamptzArray]) { element, _ in
            element.count == 8 ? Timestamp(microseconds: element.bigEndian(Int64.self) &+ postgresEpoch) : nil
        }
    }

    /// Reads a one-dimensional array; `read` gives nil for an element it can't take.
    private func elements<Element>(
        _ column: Int, of types: [PostgresType], _ read: (UnsafeRawBufferPointer, PostgresType?) -> Element?
    ) throws(PostgresError) -> [Element] {
        let field = try required(column, try field(column))
        defer { extendLifetime(result) }
        guard let type = field.type, types.contains(type) else { throw mismatch(column, "\(types[0])") }
        let bytes = field.bytes
        guard bytes.count >= 12 else { throw mismatch(column, "a complete array") }
        let dimensions = bytes.bigEndian(Int32.self)
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { throw mismatch(column, "a one-dimensional array") }
        let elementType = PostgresType(rawValue: bytes.bigEndian(UInt32.self, at: 8))
        var result: [Element] = []
        result.reserveCapacity(Int(bytes.bigEndian(Int32.self, at: 12)))
        var at = 20
        while at + 4 <= bytes.count {
            let length = Int(bytes.bigEndian(Int32.self, at: at))
            at += 4
            guard length >= 0 else { throw PostgresError(.value, "an array in column \(column) has a null element") }
            guard at + length <= bytes.count else { throw mismatch(column, "a complete array") }
            let element = UnsafeRawBufferPointer(rebasing: bytes[at..<at + length])
            guard let value = read(element, elementType) else { throw mismatch(column, "an array of the stated type") }
            result.append(value)
            at += length
        }
        return result
    }
}
