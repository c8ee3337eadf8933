import MeshCore

/// Statements that travel together and end with one sync.
///
/// Without `begin` and `commit` the whole pipeline is one implicit transaction: it commits at the sync, or nothing of it does. That is the
/// fast form, and several such pipelines may be in flight on one connection. A pipeline with an explicit `begin` is sent alone.
package struct Pipeline: Sendable {
    struct Step: Sendable {
        var statement: Statement
        var parameters: Range<Int>
    }

    struct Parameter: Sendable {
        /// Where its bytes start; -1 is null.
        var offset: Int
        var length: Int32
        var isBinary: Bool
    }

    private(set) var steps: [Step] = []
    private(set) var parameters: [Parameter] = []
    private(set) var bytes: [UInt8] = []
    /// The first value that can't be sent; reported by `submit`.
    private(set) var invalid: PostgresError?
    private(set) var beginsTransaction = false
    private(set) var commitsTransaction = false
    private(set) var rollsBack = false

    package init() {}

    package init(_ statement: Statement, _ values: PostgresValue...) {
        add(statement, values)
    }

    package var isEmpty: Bool { steps.isEmpty }
    /// How many statements are in it; the next one added gets this index in the results.
    package var count: Int { steps.count }
    /// The size of all parameters, for batches bounded in bytes.
    package var byteCount: Int { bytes.count }

    /// Adds a statement and returns its index in the results.
    @discardableResult
    package mutating func add(_ statement: Statement, _ values: PostgresValue...) -> Int {
        add(statement, values)
    }

    /// Adds a statement and returns its index in the results.
    @discardableResult
    package mutating func add(_ statement: Statement, _ values: [PostgresValue]) -> Int {
        let start = parameters.count
        for value in values { append(value, of: statement) }
        if values.count > 65_535 { refuse("more than 65535 parameters", of: statement) }
        steps.append(Step(statement: statement, parameters: start..<parameters.count))
        return steps.count - 1
    }

    /// Opens an explicit transaction, where the implicit one isn't enough (`SET LOCAL`, `LOCK TABLE`, more than one pipeline).
    @discardableResult
    package mutating func begin() -> Int {
        beginsTransaction = true
        return add(.begin)
    }

    /// Commits the explicit transaction.
    @discardableResult
    package mutating func commit() -> Int {
        commitsTransaction = true
        return add(.commit)
    }

    /// Ends the explicit transaction without effect.
    @discardableResult
    package mutating func rollback() -> Int {
        rollsBack = true
        return add(.rollback)
    }

    /// False where an explicit transaction stays open after this pipeline, so that its loss can't have committed anything.
    var mayCommit: Bool { commitsTransaction || !beginsTransaction }
    /// True where a further pipeline must end the transaction.
    var leavesTransactionOpen: Bool { beginsTransaction && !commitsTransaction && !rollsBack }
}

extension Statement {
    static let begin = Statement("begin", "BEGIN")
    static let commit = Statement("commit", "COMMIT")
    static let rollback = Statement("rollback", "ROLLBACK")
}

extension Pipeline {
    private mutating func append(_ value: PostgresValue, of statement: Statement) {
        let start = bytes.count
        switch value {
        case .null:
            parameters.append(Parameter(offset: -1, length: 0, isBinary: false))
            return
        case .text(let text):
            bytes.append(contentsOf: text.utf8)
            return finishText(from: start, of: statement)
        case .utf8(let text):
            bytes.append(contentsOf: text)
            return finishText(from: start, of: statement)
        case .int32(let number): bytes.appendBigEndian(number)
        case .int64(let number): bytes.appendBigEndian(number)
        case .bool(let flag): bytes.append(flag ? 1 : 0)
        case .float64(let number): bytes.appendBigEndian(number.bitPattern)
        case .bytes(let data): bytes.append(contentsOf: data)
        case .timestamp(let time): bytes.appendBigEndian(time.microseconds &- postgresEpoch)
        case .array(let array): bytes.append(contentsOf: array.bytes)
        }
        append(from: start, isBinary: true, of: statement)
    }

    /// libpq reads a parameter in text form up to its zero byte, so one in the middle would cut it silently.
    private mutating func finishText(from start: Int, of statement: Statement) {
        if bytes[start...].contains(0) {
            refuse(
                "a text parameter contains a zero byte, which Postgres can't store", sqlstate: "22021", of: statement)
        }
        append(from: start, isBinary: false, of: statement)
        bytes.append(0)
    }

    private mutating func append(from start: Int, isBinary: Bool, of statement: Statement) {
        let length = bytes.count - start
        if length > 1 << 30 { refuse("a parameter is larger than 1 GiB", of: statement) }
        parameters.append(Parameter(offset: start, length: Int32(truncatingIfNeeded: length), isBinary: isBinary))
    }

    private mutating func refuse(_ message: String, sqlstate: String? = nil, of statement: Statement) {
        guard invalid == nil else { return }
        var error = PostgresError(.value, message, sqlstate: sqlstate)
        error.statement = statement.name
        error.statementIndex = steps.count
        invalid = error
    }
}
