/// A named SQL constant, prepared once per connection when it is first used.
///
/// The preparation travels ahead of the pipeline that needs it, in a segment of its own: no round trip is added, and a pipeline that fails
/// does not take the preparation with it. So a statement can't use what an earlier statement of the same pipeline creates; DDL belongs in scripts.
package struct Statement: Sendable {
    /// Names the statement in errors and on the server; empty for a one-off statement that is parsed each time.
    package let name: String
    package let sql: String
    /// The types of the parameters; those the server shall infer may be left out.
    package let parameterTypes: [PostgresType]

    /// Parameters are sent in the binary form of their `PostgresValue`, so the types must agree: cast in SQL (`$1::int8[]`) or name them here.
    package init(_ name: String, _ sql: String, parameterTypes: [PostgresType] = []) {
        self.name = name
        self.sql = sql
        self.parameterTypes = parameterTypes
    }

    /// A statement that is parsed each time it runs, for SQL that is put together at run time.
    package static func oneOff(_ sql: String, parameterTypes: [PostgresType] = []) -> Statement {
        Statement("", sql, parameterTypes: parameterTypes)
    }
}
