import CPostgres

extension PostgresError {
    /// The error in a result whose status is fatal, without what would quote values.
    init(result: OpaquePointer) {
        let sqlstate = PostgresError.field(result, CInt(UInt8(ascii: "C")))
        let message = PostgresError.field(result, CInt(UInt8(ascii: "M"))) ?? PostgresError.words(result)
        self.init(.server, PostgresError.withoutValues(message, sqlstate: sqlstate), sqlstate: sqlstate)
        if !PostgresError.quotesValues(sqlstate) { detail = PostgresError.field(result, CInt(UInt8(ascii: "D"))) }
        hint = PostgresError.field(result, CInt(UInt8(ascii: "H")))
        constraint = PostgresError.field(result, CInt(UInt8(ascii: "n")))
        schema = PostgresError.field(result, CInt(UInt8(ascii: "s")))
        table = PostgresError.field(result, CInt(UInt8(ascii: "t")))
        column = PostgresError.field(result, CInt(UInt8(ascii: "c")))
        // Its code is that of everything that isn't supported; the function that checks plans says it of this alone.
        isPlanOutdated =
            sqlstate == "0A000"
            && PostgresError.field(result, CInt(UInt8(ascii: "R"))) == "RevalidateCachedQuery"
    }

    /// True where the server closes the connection after this error.
    static func isFatal(_ result: OpaquePointer) -> Bool {
        let severity = field(result, CInt(UInt8(ascii: "V")))
        return severity == "FATAL" || severity == "PANIC"
    }

    /// The failure of an attempt to connect; libpq gives it as text only, so the connection was asked for verbose text with the SQLSTATE in it.
    init(failedConnect connection: OpaquePointer) {
        let lines = String(cString: PQerrorMessage(connection)).split(separator: "\n")
            .filter { !$0.hasPrefix("LOCATION:") }
        var message = lines.joined(separator: "\n").onOneLine
        let sqlstate = message.wholeMatchOfSQLState()
        if let sqlstate { message = message.replacingFirst("\(sqlstate): ", with: "") }
        self.init(PostgresError.refusedForGood(sqlstate) ? .refused : .connection, message, sqlstate: sqlstate)
        if message.contains("session is read-only") {
            hint =
                "the mesh writes: this is a replica, or default_transaction_read_only is on for the server, the database or the role"
        }
    }

    /// Wrong password, no such role or database, no rule in `pg_hba.conf`; trying again won't help.
    private static func refusedForGood(_ sqlstate: String?) -> Bool {
        guard let sqlstate else { return false }
        return sqlstate.hasPrefix("28") || sqlstate == "3D000" || sqlstate == "0A000" || sqlstate == "42501"
    }

    /// What libpq says where the server didn't.
    private static func words(_ result: OpaquePointer) -> String {
        let words = String(cString: PQresultErrorMessage(result)).onOneLine
        return words.isEmpty ? "Postgres gave no reason" : words
    }

    private static func field(_ result: OpaquePointer, _ code: CInt) -> String? {
        PQresultErrorField(result, code).map { String(cString: $0) }
    }

    /// Data exceptions and constraint violations carry the offending row in their detail.
    private static func quotesValues(_ sqlstate: String?) -> Bool {
        guard let sqlstate else { return false }
        return sqlstate.hasPrefix("22") || sqlstate.hasPrefix("23")
    }

    /// Data exceptions quote the value at the end: `invalid input syntax for type integer: "abc"`.
    private static func withoutValues(_ message: String, sqlstate: String?) -> String {
        guard sqlstate?.hasPrefix("22") == true, let quote = message.firstRange(of: ": \"") else { return message }
        return message[..<quote.lowerBound] + " (value not shown)"
    }
}

extension String {
    /// What libpq says in several lines, with tabs before the later ones.
    var onOneLine: String { split(whereSeparator: { $0.isNewline || $0 == "\t" }).joined(separator: " ") }

    /// The SQLSTATE in `… FATAL:  28P01: password authentication failed …`.
    fileprivate func wholeMatchOfSQLState() -> String? {
        for severity in ["FATAL:  ", "ERROR:  ", "PANIC:  "] {
            guard let range = firstRange(of: severity) else { continue }
            let code = self[range.upperBound...].prefix(5)
            let rest = self[range.upperBound...].dropFirst(5)
            if code.utf8.count == 5, rest.hasPrefix(": ") { return String(code) }
        }
        return nil
    }

    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}
