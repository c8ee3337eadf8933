extension WorkflowContext {
    /// The values of all of these, in this order. The first error to come is thrown, and what is still open given up.
    public func all<Value>(_ pending: [Pending<Value>]) throws(MeshError) -> [Value] {
        var open = pending.indices.map { $0 }
        do throws(MeshError) {
            while !open.isEmpty {
                let place = try host.wait(for: open.map { pending[$0].number })
                let one = pending[open[place]]
                open.swapAt(place, open.count - 1)
                open.removeLast()
                if host.workflowStatus(one.number) == 2 { _ = try one.outcome() }
            }
        } catch {
            try host.close(open.map { pending[$0].number })
            throw error
        }
        var values: [Value] = []
        values.reserveCapacity(pending.count)
        for one in pending { values.append(try one.outcome()) }
        return values
    }

    /// The value of the first that succeeds; the others are given up. Where all fail, the last error is thrown.
    public func any<Value>(_ pending: [Pending<Value>]) throws(MeshError) -> Value {
        var open = pending
        var last = MeshError.invalidRequest("there is nothing to wait for")
        while !open.isEmpty {
            let winner: Pending<Value>
            do throws(MeshError) {
                winner = open.remove(at: try host.wait(for: open.map { $0.number }))
            } catch {
                // The workflow itself is being cancelled; one of these that was given up says so by its outcome.
                try host.close(open.map { $0.number })
                throw error
            }
            let value: Value
            do throws(MeshError) {
                value = try winner.outcome()
            } catch {
                last = error
                continue
            }
            try host.close(open.map { $0.number })
            return value
        }
        throw last
    }

    /// The outcome of the first to complete, value or error; the others are given up. Nil where none has within `timeout`.
    public func race<Value>(_ pending: [Pending<Value>], timeout: Duration) throws(MeshError) -> Value? {
        try requireSome(pending)
        guard let winner = try winner(of: pending, timeout) else {
            try host.close(pending.map { $0.number })
            return nil
        }
        return try finish(pending, winner)
    }

    /// The outcome of the first to complete, value or error; the others are given up.
    public func race<Value>(_ pending: [Pending<Value>]) throws(MeshError) -> Value {
        try requireSome(pending)
        guard let winner = try winner(of: pending, nil) else { throw .internalError("a wait has ended for no reason") }
        return try finish(pending, winner)
    }

    /// The place of the first to complete; where the workflow is cancelled meanwhile, all of them are given up.
    private func winner<Value>(of pending: [Pending<Value>], _ timeout: Duration?) throws(MeshError) -> Int? {
        let numbers = pending.map { $0.number }
        do throws(MeshError) {
            return try host.wait(for: numbers, timeout: timeout)
        } catch {
            try host.close(numbers)
            throw error
        }
    }

    /// Of nothing there is no first: it would be waited for until the workflow is cancelled.
    private func requireSome<Value>(_ pending: [Pending<Value>]) throws(MeshError) {
        if pending.isEmpty { throw .invalidRequest("there is nothing to wait for") }
    }

    private func finish<Value>(_ pending: [Pending<Value>], _ winner: Int) throws(MeshError) -> Value {
        var others = pending.map { $0.number }
        others.remove(at: winner)
        try host.close(others)
        return try pending[winner].outcome()
    }

    /// Which of these, of whatever types, has completed first; nil where none has within `timeout`. All of them stay as they are:
    /// `switch try mesh.first(of: [payment.any, approval.any], timeout: .hours(1)) { case 0: … }`.
    public func first(of pending: [Pending<Void>], timeout: Duration? = nil) throws(MeshError) -> Int? {
        try requireSome(pending)
        return try host.wait(for: pending.map { $0.number }, timeout: timeout)
    }
}
