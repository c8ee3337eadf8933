import MeshCore
package import Outbox

/// Makes the calls to the outside that workflows wait for, each once, and sends their answers.
///
/// A call is taken, made, and answered in the transaction that removes it. Where the process ends in between, another one answers that
/// nobody knows what came of it: whether to try again is the workflow's decision.
package struct Egress: Sendable {
    private let store: HTTPCallStore
    private let configuration: EgressConfiguration
    /// No other's, not even that of a process with the same name before this one.
    private let owner: String
    /// Under this name it answers for others; what it takes so isn't made.
    private let heir: String
    private let signal = ChangeSignal()
    private let counts = EgressCounts()

    package var statistics: EgressStatistics { counts.current }

    package init(_ store: HTTPCallStore, _ configuration: EgressConfiguration) {
        self.store = store
        self.configuration = configuration
        owner = configuration.name + " " + MessageID.make()
        heir = owner + " for others"
    }

    /// Works until cancelled; then takes no more calls, and waits for those under way.
    package func run() async {
        let signal = signal
        store.whenChanged { signal.signal() }
        let calls = CallsUnderWay()
        let upkeep = Task { await keepUp(calls) }
        // Nothing to begin with; a claim whose answer got lost may have taken calls that nobody makes.
        var mayHoldMore = false
        while !Task.isCancelled {
            let room = configuration.concurrency - calls.count
            let taken = room > 0 ? await claim(room, making: calls, &mayHoldMore) : []
            for call in taken {
                calls.begin(call.id) {
                    await perform(call)
                } ended: {
                    signal.signal()
                }
            }
            // A full hand may mean that there are more; one that ends makes room and signals.
            if taken.isEmpty || taken.count < room {
                await signal.wait(atMost: room > 0 ? await pause() : configuration.look)
            }
        }
        await calls.end(within: configuration.drainLimit)
        upkeep.cancel()
        await upkeep.value
    }

    /// Until a call that a rate holds back may begin, or it is time to look; asks a table that is nearly always empty.
    private func pause() async -> Duration {
        // Where Postgres is away, the next claim says so.
        let held = (try? await store.held()) ?? nil
        return max(.milliseconds(5), min(held ?? configuration.look, configuration.look))
    }

    private func claim(_ limit: Int, making calls: CallsUnderWay, _ mayHoldMore: inout Bool) async -> [HTTPCall] {
        do throws(StoreError) {
            if mayHoldMore { try await store.release(owner, but: calls.ids) }
            mayHoldMore = true
            let taken = try await store.claim(owner, limit: limit, lease: configuration.lease)
            mayHoldMore = false
            return taken
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
            return await end(call.id, owner: owner, answer: nil)
        }
        let began = ContinuousClock.now
        let outcome = await FetchAttempt(call: call, configuration: configuration).run()
        counts.add(outcome.name, seconds: began.duration(to: .now) / .seconds(1))
        if case .failure(let error) = outcome {
            Log("egress").info("a call of \(call.workflow) came to \(error.code.rawValue): \(error.message)")
        }
        await end(call.id, owner: owner, answer: outcome.answer)
    }

    /// Until it is done or somebody else's: what was made must not be forgotten because Postgres is away, or refuses this process for a while.
    private func end(_ id: String, owner: String, answer: (status: ReplyStatus, data: [UInt8])?) async {
        var answer = answer
        while true {
            do throws(StoreError) {
                // Not in this task, which may be cancelled, and that would take the statement back.
                let isOurs = try await uncancelled(id, owner, answer)
                if !isOurs {
                    Log("egress").warning(
                        "\(id) was somebody else's when its answer came: this process was away for longer than its lease"
                    )
                }
                return
            } catch {
                Log("egress").warning("the answer of \(id) isn't stored: \(error)")
                // Trying again would be refused again; the request was taken, and that is what the workflow hears.
                if case .dataRefused = error {
                    let told = MeshError(.communicationFailure, "the answer came, and Postgres can't store it")
                    answer = (.error, Array(told.json.utf8))
                }
            }
            await Task { try? await Task.sleep(for: .milliseconds(500)) }.value
        }
    }

    private func uncancelled(
        _ id: String, _ owner: String, _ answer: (status: ReplyStatus, data: [UInt8])?
    ) async throws(StoreError) -> Bool {
        let store = store
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
    private func keepUp(_ calls: CallsUnderWay) async {
        var watch = OutageWatch(lease: configuration.lease, now: .now)
        // Leases lie in the database's time. That may step forward by more than one (a clock that is put right, a failover): then those of the
        // living have passed, too, until each is renewed a moment later.
        var lapses = SteadyWatch<LapsedHTTPCall>(patience: configuration.lease / 2)
        while !Task.isCancelled {
            do throws(StoreError) {
                let began = ContinuousClock.now
                try await store.renew(owner, ids: calls.ids, lease: configuration.lease)
                watch.renewed(from: began, to: .now)
                if watch.mayAnswerForOthers(at: .now) {
                    let lapsed = try await store.lapsed(limit: 100)
                    try await answerForLost(lapses.saw(lapsed, at: .now))
                } else {
                    lapses.forget()
                }
            } catch {
                watch.failed(at: .now)
                lapses.forget()
                if !Task.isCancelled { Log("egress").warning("leases can't be renewed: \(error)") }
            }
            try? await Task.sleep(for: configuration.lease / 4)
        }
    }

    private func answerForLost(_ lapsed: [LapsedHTTPCall]) async throws(StoreError) {
        if lapsed.isEmpty { return }
        for lost in try await store.claimLost(heir, lapsed, lease: configuration.lease) {
            Log("egress").warning(
                "the call \(lost.operation) of \(lost.workflow) was under way when \(lost.formerOwner) went")
            counts.addLost()
            let error = FetchOutcome.unknown("the egress process \(lost.formerOwner) ended or lost it")
            await end(lost.id, owner: heir, answer: (.error, Array(error.json.utf8)))
        }
    }
}
