import MeshCore
import Outbox
import Synchronization
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct AcceptorTests {
    private func withAcceptor(
        queue: Int = 10_000, patience: Duration = .seconds(20),
        _ body: (Acceptor, FakeStore, FakeOutlet) async throws -> Void
    ) async throws {
        var configuration = Acceptor.Configuration(owner: "test")
        configuration.queueMessages = queue
        configuration.patience = patience
        let store = FakeStore()
        let outlet = FakeOutlet()
        let acceptor = Acceptor(configuration, store: store, metrics: RouterMetrics(), outlet: { outlet })
        let running = Task { await acceptor.run() }
        do {
            try await body(acceptor, store, outlet)
        } catch {
            store.gate.open()
            running.cancel()
            throw error
        }
        store.gate.open()
        acceptor.stop()
        await running.value
    }

    private func message(_ id: String, data: String = "{}", due: Timestamp? = nil) -> IngressMessage {
        IngressMessage(
            topic: "t", partition: 0,
            message: Message(
                id: id, type: "t", source: "/test", time: .now, key: id, data: Array(data.utf8),
                extensions: MessageExtensions(due: due)))
    }

    @Test func `what is sent later isn't published, and leaves nothing that waits to be`() async throws {
        let later = Timestamp.now.advanced(by: .seconds(60))
        try await withAcceptor { acceptor, store, outlet in
            _ = try await acceptor.accept([message("a")])
            let outcomes = try await acceptor.accept([message("b", due: later)])
            #expect(outcomes == [.delayed])
            // Nothing comes behind it.
            try await eventually { acceptor.lag == 0 && outlet.rows.map(\.sequence) == [1] }
            _ = try await acceptor.accept([message("c", due: later), message("d")])
            try await eventually { outlet.rows.map(\.sequence) == [1, 4] }
            _ = try await acceptor.accept([message("e", due: later)])
            acceptor.stop()
            try await eventually { store.state.withLock { $0.released } == 1 }
            #expect(store.state.withLock { $0.acknowledged == 5 && $0.nextSequence == 6 })
            #expect(store.state.withLock { $0.delayed } == ["b", "c", "e"])
        }
    }

    @Test(arguments: [true, false])
    func `one that is sent later and whose commit's outcome is unknown is stored once`(wasCommitted: Bool) async throws
    {
        let later = Timestamp.now.advanced(by: .seconds(60))
        try await withAcceptor { acceptor, store, outlet in
            store.state.withLock {
                $0.failures = [.connectionLost(message: "gone", outcomeUnknown: true)]
                $0.commitsAnyway = wasCommitted
            }
            let outcomes = try await acceptor.accept([message("a", due: later)])
            #expect(outcomes == [.delayed])
            #expect(store.state.withLock { $0.delayed } == ["a"])
            _ = try await acceptor.accept([message("b")])
            try await eventually { outlet.rows.map(\.message.id) == ["b"] }
        }
    }

    @Test func `where another router has moved the lane on, what was to be sent later isn't said to be stored`()
        async throws
    {
        try await withAcceptor { acceptor, store, _ in
            store.state.withLock {
                $0.failures = [.connectionLost(message: "gone", outcomeUnknown: true)]
                $0.takenMeanwhile = 1
            }
            let later = Timestamp.now.advanced(by: .seconds(60))
            let error = await #expect(throws: MeshError.self) {
                _ = try await acceptor.accept([message("a", due: later)])
            }
            #expect(error?.retryable == true)
            #expect(error?.message.contains("it isn't known whether this was accepted") == true)
        }
    }

    @Test func `what is accepted is durable before it is published, and published in order`() async throws {
        try await withAcceptor { acceptor, store, outlet in
            for index in 0..<20 { _ = try await acceptor.accept([message("\(index)")]) }
            #expect(store.state.withLock { $0.rows }.map(\.message.id) == (0..<20).map(String.init))
            try await eventually { outlet.rows.count == 20 }
            #expect(outlet.rows.map(\.sequence) == Array(1...20))
        }
    }

    @Test func `requests that come while a transaction is in flight share the next one`() async throws {
        try await withAcceptor { acceptor, store, _ in
            store.gate.close()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await acceptor.accept([message("first")]) }
                try await eventually { store.gate.waiting == 1 }
                for index in 0..<50 { group.addTask { _ = try await acceptor.accept([message("\(index)")]) } }
                try await eventually { acceptor.queuedMessages == 50 }
                store.gate.open()
                try await group.waitForAll()
            }
            #expect(store.state.withLock { $0.transactions }.map(\.count) == [1, 50])
        }
    }

    @Test func `a full queue refuses with RESOURCE_EXHAUSTED, and takes again once there is room`() async throws {
        try await withAcceptor(queue: 3) { acceptor, store, _ in
            store.gate.close()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await acceptor.accept([message("first")]) }
                try await eventually { store.gate.waiting == 1 }
                for index in 0..<3 { group.addTask { _ = try await acceptor.accept([message("\(index)")]) } }
                try await eventually { acceptor.queuedMessages == 3 }
                let error = await #expect(throws: MeshError.self) { try await acceptor.accept([message("more")]) }
                #expect(error?.code == .resourceExhausted)
                #expect(error?.retryable == true)
                store.gate.open()
                try await group.waitForAll()
            }
            _ = try await acceptor.accept([message("later")])
        }
    }

    @Test func `a message that Postgres refuses is refused alone`() async throws {
        try await withAcceptor { acceptor, store, outlet in
            store.gate.close()
            try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask { try await acceptor.accept([message("first")]).count == 1 }
                try await eventually { store.gate.waiting == 1 }
                for index in 0..<10 {
                    let text = index == 4 ? "poison" : "{}"
                    group.addTask {
                        do {
                            _ = try await acceptor.accept([message("\(index)", data: text)])
                            return index != 4
                        } catch {
                            return index == 4 && (error as? MeshError)?.code == .invalidRequest
                        }
                    }
                }
                try await eventually { acceptor.queuedMessages == 10 }
                store.gate.open()
                for try await isRight in group { #expect(isRight) }
            }
            try await eventually { outlet.rows.count == 10 }
            #expect(!outlet.rows.contains { $0.message.id == "4" })
        }
    }

    @Test func `a transient failure is tried again and nobody notices`() async throws {
        try await withAcceptor { acceptor, store, _ in
            store.state.withLock {
                $0.failures = [
                    .transient(message: "deadlock", sqlstate: "40P01"),
                    .connectionLost(message: "gone", outcomeUnknown: false),
                ]
            }
            _ = try await acceptor.accept([message("a")])
            #expect(store.state.withLock { $0.rows }.count == 1)
            #expect(acceptor.problem == nil)
        }
    }

    @Test(arguments: [true, false])
    func `a commit whose outcome is unknown is looked up, and what it held is accepted once`(wasCommitted: Bool)
        async throws
    {
        try await withAcceptor { acceptor, store, outlet in
            store.state.withLock {
                $0.failures = [.connectionLost(message: "gone", outcomeUnknown: true)]
                $0.commitsAnyway = wasCommitted
            }
            guard case .accepted(let row)? = try await acceptor.accept([message("a")]).first else {
                Issue.record("it wasn't accepted")
                return
            }
            #expect(row.message.id == "a")
            try await eventually { outlet.rows.map(\.message.id) == ["a"] }
            _ = try await acceptor.accept([message("b")])
            try await eventually { outlet.rows.map(\.message.id) == ["a", "b"] }
            #expect(store.state.withLock { $0.rows }.map(\.message.id) == ["a", "b"])
        }
    }

    @Test func `a commit whose outcome can't be looked up in time is said to be unknown`() async throws {
        let store = FakeStore()
        store.gate.close()
        var configuration = Acceptor.Configuration(owner: "test")
        configuration.patience = .milliseconds(100)
        let acceptor = Acceptor(configuration, store: store, metrics: RouterMetrics(), outlet: { FakeOutlet() })
        let running = Task { await acceptor.run() }
        store.state.withLock { $0.failures = [.connectionLost(message: "gone", outcomeUnknown: true)] }
        async let refusal = #expect(throws: MeshError.self) { try await acceptor.accept([message("a")]) }
        try await eventually { store.gate.waiting == 1 }
        store.state.withLock { $0.isDown = true }
        store.gate.open()
        #expect(await refusal?.message.contains("isn't known") == true)
        store.state.withLock { $0.isDown = false }
        acceptor.stop()
        await running.value
    }

    @Test func `a lane that was lost is claimed anew, and its requests are accepted without noticing`() async throws {
        try await withAcceptor { acceptor, store, outlet in
            _ = try await acceptor.accept([message("a")])
            store.state.withLock { $0.leaseEpoch += 1 }
            _ = try await acceptor.accept([message("b")])
            _ = try await acceptor.accept([message("c")])
            #expect(store.state.withLock { $0.rows }.map(\.message.id) == ["a", "b", "c"])
            try await eventually { outlet.rows.last?.message.id == "c" }
        }
    }

    @Test func `rows that Kafka didn't acknowledge are published again from the last acknowledgement`() async throws {
        try await withAcceptor { acceptor, store, outlet in
            _ = try await acceptor.accept([message("a")])
            try await eventually { acceptor.lag == 0 && outlet.rows.count == 1 }
            outlet.fail(1)
            _ = try await acceptor.accept([message("b")])
            try await eventually { outlet.rows.map(\.sequence) == [1, 2, 2] }
            _ = try await acceptor.accept([message("c")])
            try await eventually { outlet.rows.map(\.sequence) == [1, 2, 2, 3] }
        }
    }

    @Test func `without Postgres requests wait for a while, then are refused with the reason`() async throws {
        let store = FakeStore()
        store.state.withLock { $0.isDown = true }
        var configuration = Acceptor.Configuration(owner: "test")
        configuration.patience = .milliseconds(200)
        let acceptor = Acceptor(configuration, store: store, metrics: RouterMetrics(), outlet: { FakeOutlet() })
        let running = Task { await acceptor.run() }
        let error = await #expect(throws: MeshError.self) { try await acceptor.accept([message("a")]) }
        #expect(error?.code == .providerUnavailable)
        #expect(error?.message.contains("no route to Postgres") == true)
        store.state.withLock { $0.isDown = false }
        try await eventually { acceptor.problem == nil }
        _ = try await acceptor.accept([message("b")])
        acceptor.stop()
        await running.value
    }

    @Test func `stopping accepts what came before, refuses what comes after, and gives the lane back`() async throws {
        try await withAcceptor { acceptor, store, outlet in
            store.gate.close()
            try await withThrowingTaskGroup(of: Void.self) { group in
                // One is in the transaction that the gate holds, the others wait behind it.
                group.addTask { _ = try await acceptor.accept([message("0")]) }
                try await eventually { store.gate.waiting == 1 }
                for index in 1..<5 { group.addTask { _ = try await acceptor.accept([message("\(index)")]) } }
                try await eventually { acceptor.queuedMessages == 4 }
                acceptor.stop()
                await #expect(throws: MeshError.self) { try await acceptor.accept([message("late")]) }
                store.gate.open()
                try await group.waitForAll()
            }
            try await eventually { store.state.withLock { $0.released } == 1 }
            #expect(outlet.rows.count == 5)
            #expect(store.state.withLock { $0.acknowledged } == 5)
        }
    }

    @Test func `under many requests and random failures nothing accepted is lost, and sequences stay in order`()
        async throws
    {
        var seed = Seed()
        let failures: [StoreError?] = (0..<40).map { _ in
            switch seed.integer(in: 0...5) {
            case 0: .transient(message: "overload", sqlstate: "53300")
            case 1: .connectionLost(message: "gone", outcomeUnknown: false)
            default: nil
            }
        }
        try await withAcceptor { acceptor, store, outlet in
            store.state.withLock { $0.failures = failures }
            let accepted = await withTaskGroup(of: String?.self) { group in
                for index in 0..<500 {
                    group.addTask {
                        let outcomes = try? await acceptor.accept([message("\(index)")])
                        return outcomes == nil ? nil : "\(index)"
                    }
                }
                return await group.reduce(into: Set<String>()) { if let id = $1 { $0.insert(id) } }
            }
            try await eventually { accepted.isSubset(of: outlet.rows.map(\.message.id)) }
            var last: Int64 = 0
            for row in outlet.rows where row.sequence > last {
                #expect(row.sequence == last + 1)
                last = row.sequence
            }
            #expect(accepted.count == 500)
        }
    }
}
