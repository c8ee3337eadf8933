import MeshCore
package import Outbox
import Schemas
import Synchronization

/// Keeps the routing in force up to date: loads what is deployed, makes sure of its topics, and swaps the whole.
package final class Registry: Sendable {
    private struct State {
        var loaded: [ActiveArtifact]?
        var problem: String? = "the deployments aren't loaded yet"
        var brokerProblem: String? = "the topics aren't checked yet"
        var waiter: CheckedContinuation<Void, Never>?
        var isDue = true
        /// When topics are looked at again although nothing has changed.
        var topicsDue = ContinuousClock.now
    }

    private let store: RegistryStore
    private let topics: TopicManager
    private let holder: RoutingHolder
    private let state = Mutex(State())
    private let turn = Turn()
    private let log = Log("router")

    /// How often it looks without having been told.
    private let interval: Duration

    package init(
        store: RegistryStore, topics: TopicManager, holder: RoutingHolder, interval: Duration = .seconds(1)
    ) {
        self.store = store
        self.topics = topics
        self.holder = holder
        self.interval = interval
    }

    /// Why deployments can't be read; nil while they can.
    package var problem: String? { state.withLock { $0.problem } }
    /// Why topics can't be checked; nil while they can.
    package var brokerProblem: String? { state.withLock { $0.brokerProblem } }

    /// The package of each service in force, as last loaded; the routes are never older.
    package var inForce: [String: String] {
        let loaded = state.withLock { $0.loaded } ?? []
        return Dictionary(
            loaded.flatMap { artifact in artifact.services.map { ($0, artifact.digest) } }, uniquingKeysWith: { $1 })
    }

    /// Follows what is deployed until the task is cancelled.
    package func run() async {
        store.whenChanged { [weak self] in self?.look() }
        while !Task.isCancelled {
            try? await refresh()
            await pause()
        }
    }

    /// Loads now; throws where Postgres can't be asked. A broker that can't be asked is a `brokerProblem`.
    package func refresh() async throws {
        try await turn.take { [self] in
            do {
                let stored = try await store.active().sorted { $0.digest < $1.digest }
                try await apply(stored)
                note(\.problem, nil)
            } catch {
                note(\.problem, "\(error)")
                throw error
            }
        }
    }

    private func apply(_ stored: [ActiveArtifact]) async throws {
        let isNew = state.withLock { $0.loaded } != stored
        let table = isNew ? RouteTable(stored.compactMap(activate)) : holder.current.table
        var wanted: [String: TopicRecord.Kind] = [Topics.replies: .replies]
        for service in table.services.values {
            wanted[service.topic] = .calls
            wanted[Topics.deadLetters(of: service.name)] = .dead
        }
        for event in table.events.values { wanted[event.topic] = .event }
        let before = holder.current
        var routing = before
        routing.table = table
        guard isNew || state.withLock({ $0.topicsDue }) <= .now else { return }
        do {
            let outcome = try await topics.ensure(wanted)
            routing.partitions = outcome.ready
            routing.topicProblems = outcome.problems
            routing.brokerEpoch = outcome.brokerEpoch
            for (topic, problem) in outcome.problems where before.topicProblems[topic] != problem {
                log.error("a topic can't be used: \(problem)", ["topic": topic])
            }
            note(\.brokerProblem, nil)
            // A cluster doesn't lose topics from one second to the next, and asking it for all of them isn't free.
            let wait: Duration = outcome.isBrokerDurable && outcome.problems.isEmpty ? .seconds(10) : .zero
            state.withLock { $0.topicsDue = .now + wait }
        } catch {
            // What was ready stays in use: what is accepted is durable, and reaches Kafka when it is back.
            note(\.brokerProblem, "\(error)")
        }
        holder.swap(routing)
        state.withLock { $0.loaded = stored }
        if isNew {
            log.info("routes loaded", ["services": "\(table.services.count)", "events": "\(table.events.count)"])
        }
    }

    private func activate(_ stored: ActiveArtifact) -> ActiveDeployment? {
        let compilation = SchemaCompiler.recompile(SchemaSource(path: stored.digest, text: stored.schemaText))
        guard let schema = compilation.schema else {
            log.error(
                "a deployed schema can't be read by this version; its services aren't routed",
                ["digest": stored.digest, "reason": compilation.diagnostics.first.map { $0.message } ?? "unknown"])
            return nil
        }
        return ActiveDeployment(digest: stored.digest, schema: schema, services: stored.services, pool: stored.pool)
    }

    private func note(_ field: any WritableKeyPath<State, String?> & Sendable, _ problem: String?) {
        let before = state.withLock { state in
            defer { state[keyPath: field] = problem }
            return state[keyPath: field]
        }
        if let problem, problem != before { log.warning("the registry waits: \(problem)") }
        if problem == nil, let before { log.info("the registry goes on after: \(before)") }
    }

    private func look() {
        let waiter = state.withLock { state in
            state.isDue = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for a change to be told, or for the interval.
    private func pause() async {
        let timer = Task {
            try? await Task.sleep(for: interval)
            look()
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    defer { state.isDue = false }
                    if state.isDue || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            look()
        }
        timer.cancel()
        state.withLock { $0.isDue = false }
    }
}
