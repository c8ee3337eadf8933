import MeshCore
package import Outbox

/// Makes the calls to the outside that workflows wait for, each once, and sends their answers.
///
/// A call is taken, made, and answered in the transaction that removes it. Where the process ends in between, another one answers that
/// nobody knows what came of it: whether to try again is the workflow's decision.
package struct Egress: Sendable {
    /// How long a process that has gone is taken to be alive.
    private static let lease = Duration.seconds(15)
    private let store: HTTPCallStore
    private let configuration: EgressConfiguration
    /// No other's, not even that of a process with the same name before this one.
    private let owner: String
    private let signal = ChangeSignal()
    private let counts = EgressCounts()

    package var statistics: EgressStatistics { counts.current }

    package init(_ store: HTTPCallStore, _ configuration: EgressConfiguration) {
        self.store = store
        self.configuration = configuration
        owner = configuration.name + " " + MessageID.make()
    }

    /// Works until cancelled; then takes no more calls, and waits for those under way.
    package func run() async {
        let signal = signal
        store.whenChanged { signal.signal() }
        let calls = CallsUnderWay()
        let upkeep = Task { await keepUp() }
        while !Task.isCancelled {
            let room = configuration.concurrency - calls.count
            let taken = room > 0 ? await claim(room) : []
            for call in taken {
                calls.begin(call.id) {
                    await perform(call)
                } ended: {
                    signal.signal()
                }
            }
            // A full hand may mean that there are more; one that ends makes room and signals.
            if taken.isEmpty || taken.count < room { await signal.wait(atMost: configuration.look) }
        }
        await calls.end(within: configuration.drainLimit)
        upkeep.cancel()
        await upkeep.value
    }

    private func claim(_ limit: Int) async -> [HTTPCall] {
        do throws(StoreError) {
            return try await store.claim(owner, limit: limit, lease: Egress.lease)
        } catch {
            if !Task.isCancelled { Log("egress").warning("no calls can be taken: \(error)") }
            try? await Task.sleep(for: .milliseconds(500))
            return []
        }
    }

    // MARK: One call

    private func perform(_ call: HTTPCall) async {
        guard call.isWanted, call.deadline.map({ $0 > .now }) ?? true else {
            Log("egress").debug("\(call.id) of \(call.workflow) isn't waited for any more")
            counts.addUnwanted()
            return await end(call.id, answer: nil)
        }
        let began = ContinuousClock.now
        let outcome = await FetchAttempt(call: call, configuration: configuration).run()
        counts.add(outcome.name, seconds: began.duration(to: .now) / .seconds(1))
        if case .failure(let error) = outcome {
            Log("egress").info("a call of \(call.workflow) came to \(error.code.rawValue): \(error.message)")
        }
        await end(call.id, answer: outcome.answer)
    }

    /// Until it is done or somebody else's: what was made must not be forgotten because Postgres is away.
    private func end(_ id: String, answer: (status: ReplyStatus, data: [UInt8])?) async {
        var answer = answer
        while true {
            do throws(StoreError) {
                // Not in this task, which may be cancelled, and that would take the statement back.
                let isOurs = try await uncancelled(id, answer)
                if !isOurs {
                    Log("egress").warning(
                        "\(id) was somebody else's when its answer came: this process was away for longer than its lease"
                    )
                }
                return
            } catch {
                guard error.isPassing else {
                    Log("egress").error("the answer of \(id) can't be stored: \(error)")
                    // What Postgres refuses isn't the answer then, but that it was refused.
                    guard let last = answer, last.status == .ok else { return }
                    answer = (.error, Array(MeshError(.internalError, "Postgres can't store the answer").json.utf8))
                    continue
                }
                Log("egress").warning("the answer of \(id) waits for Postgres: \(error)")
            }
            await Task { try? await Task.sleep(for: .milliseconds(500)) }.value
        }
    }

    private func uncancelled(
        _ id: String, _ answer: (status: ReplyStatus, data: [UInt8])?
    ) async throws(StoreError) -> Bool {
        let (store, owner) = (store, owner)
        return try await Task { () async -> Result<Bool, StoreError> in
            do throws(StoreError) {
                return .success(try await store.end(id, owner: owner, answer: answer))
            } catch {
                return .failure(error)
            }
        }.value.get()
    }

    // MARK: Leases

    /// Renews the lease of what is under way, and answers for processes that have gone.
    private func keepUp() async {
        while !Task.isCancelled {
            do throws(StoreError) {
                try await store.renew(owner, lease: Egress.lease)
                for lost in try await store.claimLost(owner, limit: 100, lease: Egress.lease) {
                    Log("egress").warning("a call of \(lost.workflow) was under way when \(lost.formerOwner) went")
                    counts.addLost()
                    let error = FetchOutcome.unknown("the egress process \(lost.formerOwner) ended")
                    await end(lost.id, answer: (.error, Array(error.json.utf8)))
                }
            } catch {
                if !Task.isCancelled { Log("egress").warning("leases can't be renewed: \(error)") }
            }
            try? await Task.sleep(for: .seconds(4))
        }
    }
}
