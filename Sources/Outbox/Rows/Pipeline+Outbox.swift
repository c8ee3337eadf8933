import Postgres

extension Pipeline {
    init(_ statement: Statement, _ values: [PostgresValue]) {
        self.init()
        add(statement, values)
    }
}

extension PostgresResult {
    /// Reads each row with `read`.
    func mapRows<Value>(_ read: (PostgresRow) throws(PostgresError) -> Value) throws(PostgresError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        for row in self { values.append(try read(row)) }
        return values
    }
}
