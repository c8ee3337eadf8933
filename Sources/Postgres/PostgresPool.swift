import Synchronization

/// A fixed number of connections that share the work.
package final class PostgresPool: Sendable {
    private struct Leases {
        var taken: [Bool]
        var waiters = Fifo<Waiter>()
    }

    private struct Waiter {
        var id: Int
        var resume: @Sendable (Int?) -> Void
    }

    package let connections: [PostgresConnection]
    private let leases: Mutex<Leases>
    private let nextWaiter = Atomic<Int>(0)

    package init(_ configuration: PostgresConfiguration, size: Int) throws(PostgresError) {
        precondition(size > 0, "a pool has at least one connection")
        var connections: [PostgresConnection] = []
        for _ in 0..<size { connections.append(try PostgresConnection(configuration)) }
        self.connections = connections
        leases = Mutex(Leases(taken: Array(repeating: false, count: size)))
    }

    /// Runs a pipeline on the connection with the least to do; two pipelines that are in flight at once may run on two connections, in any order.
    @discardableResult
    package func submit(_ pipeline: Pipeline) async throws(PostgresError) -> [PostgresResult] {
        guard !pipeline.leavesTransactionOpen else {
            throw PostgresError(
                .value, "a transaction of several pipelines needs a connection of its own: withConnection")
        }
        if let outcome = await Submission.perform(.pipeline(pipeline), enqueue: enqueueOnLeastLoaded) {
            return try outcome.get()
        }
        return try await withConnection { connection throws(PostgresError) in try await connection.submit(pipeline) }
    }

    /// Runs one statement.
    @discardableResult
    package func query(_ statement: Statement, _ values: PostgresValue...) async throws(PostgresError) -> PostgresResult
    {
        var pipeline = Pipeline()
        pipeline.add(statement, values)
        return try PostgresConnection.only(try await submit(pipeline))
    }

    /// Lends a connection to one caller alone, for a transaction of several submissions; one that is left open is rolled back.
    ///
    /// `body` must not wait for the pool itself: with every connection lent, nobody would ever give one back.
    package func withConnection<Result>(
        _ body: (PostgresConnection) async throws(PostgresError) -> Result
    ) async throws(PostgresError) -> Result {
        guard let index = await lease() else {
            throw PostgresError(.cancelled, "cancelled while waiting for a connection")
        }
        let result: Swift.Result<Result, PostgresError>
        do throws(PostgresError) { result = .success(try await body(connections[index])) } catch {
            result = .failure(error)
        }
        await connections[index].rollBackIfOpen()
        giveBack(index)
        return try result.get()
    }

    package func close() {
        for connection in connections { connection.close() }
    }
}

extension PostgresPool {
    /// Enqueues under the lock: a connection that was lent in between would run the submission within its borrower's transaction.
    private func enqueueOnLeastLoaded(_ submission: Submission) -> PostgresConnection? {
        leases.withLock { leases in
            let free = connections.indices.filter { !leases.taken[$0] }.map { connections[$0] }
            let connection = free.min { $0.load < $1.load }
            connection?.enqueue(submission)
            return connection
        }
    }

    private func lease() async -> Int? {
        let id = nextWaiter.add(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Int?, Never>) in
                let waiter = Waiter(id: id) { continuation.resume(returning: $0) }
                if let index = take(waiter) { continuation.resume(returning: index) }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    /// A free connection; else the caller is put in line.
    private func take(_ waiter: Waiter) -> Int? {
        leases.withLock { leases in
            if let index = leases.taken.firstIndex(of: false) {
                leases.taken[index] = true
                return index
            }
            leases.waiters.append(waiter)
            return nil
        }
    }

    private func cancel(_ id: Int) {
        let removed = leases.withLock { $0.waiters.removeAll { $0.id == id } }
        for waiter in removed { waiter.resume(nil) }
    }

    private func giveBack(_ index: Int) {
        let next = leases.withLock { leases in
            let next = leases.waiters.popFirst()
            if next == nil { leases.taken[index] = false }
            return next
        }
        next?.resume(index)
    }
}
