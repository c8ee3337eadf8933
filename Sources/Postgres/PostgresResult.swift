import CPostgres

/// The answer to one statement: its rows, or the number of rows it changed.
///
/// `@unchecked Sendable`: the `PGresult` is complete when this object is made, nothing changes it afterwards, libpq's accessors only read
/// it, and it is freed once, in `deinit`.
package final class PostgresResult: @unchecked Sendable {
    let pointer: OpaquePointer
    /// The number of rows.
    package let count: Int

    /// Takes over a `PGresult`.
    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
        self.count = Int(PQntuples(pointer))
    }

    deinit { PQclear(pointer) }

    /// The number of rows that an INSERT, UPDATE, DELETE, MERGE or SELECT touched.
    package var affectedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    /// The names of the columns.
    package var columnNames: [String] {
        (0..<PQnfields(pointer)).map { column in PQfname(pointer, column).map { String(cString: $0) } ?? "" }
    }
}

extension PostgresResult: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { count }
    package subscript(index: Int) -> PostgresRow {
        precondition(index >= 0 && index < count, "row \(index) of \(count)")
        return PostgresRow(result: self, index: Int32(index))
    }
}
