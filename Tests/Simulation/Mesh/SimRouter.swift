import Kafka
import MeshCore
import Outbox

@testable import MeshRouter

/// A router process: the product's acceptor, its adopter of abandoned lanes, and who looks after topics.
///
/// Unchecked: there is one thread.
final class SimRouter: @unchecked Sendable {
    let process: SimProcess
    private let simulation: Simulation
    private let acceptor: Acceptor
    private let store: SimIngressStore
    private let waiting = WaitingCalls(limit: 1000)
    private let source: SimReplySource
    private let replies: ReplyListener
    private let brokerEpoch: BrokerEpoch

    init(_ process: SimProcess, _ simulation: Simulation) {
        self.process = process
        self.simulation = simulation
        var configuration = Acceptor.Configuration(owner: process.name)
        configuration.lease = .seconds(3)
        configuration.patience = .seconds(5)
        store = SimIngressStore(process: process, simulation: simulation)
        source = SimReplySource(process, simulation.broker)
        let brokerEpoch = BrokerEpoch(simulation.database.brokerEpoch)
        self.brokerEpoch = brokerEpoch
        let partitions = simulation.plan.partitions
        replies = ReplyListener(
            ReplyListener.Configuration(owner: process.name, lease: .seconds(3)), store: store, source: source,
            waiting: waiting, metrics: RouterMetrics()
        ) {
            var routing = Routing(partitions: [Topics.replies: partitions])
            routing.brokerEpoch = brokerEpoch.known
            return routing
        }
        acceptor = Acceptor(configuration, store: store, metrics: RouterMetrics()) {
            SimPublisher(process, simulation)
        }
        simulation.world.asProcess(process) {
            Task { [acceptor] in await acceptor.run() }
            Task { [replies] in await replies.run() }
            Task { [store] in
                await LaneAdopter(owner: process.name, lease: .seconds(3), store: store) {
                    SimPublisher(process, simulation)
                }.run()
            }
            Task { await self.keepTopics() }
        }
    }

    /// Asks for one message to be accepted; `answered` isn't called where the process ends before.
    func accept(
        _ message: IngressMessage, _ answered: @escaping @Sendable (Result<IngressOutcome, MeshError>) -> Void
    ) {
        simulation.world.asProcess(process) {
            Task { [acceptor] in
                do throws(MeshError) {
                    for outcome in try await acceptor.accept([message]) { answered(.success(outcome)) }
                } catch {
                    answered(.failure(error))
                }
            }
        }
    }

    /// Whether it can promise an answer.
    var hearsAnswers: Bool { replies.partition != nil }
    /// Rises each time that it may have missed answers.
    var tenures: Int { source.tenures }

    /// Asks for a call and waits for its answer; `answered` isn't called where the process ends before.
    func call(
        _ message: IngressMessage,
        _ answered: @escaping @Sendable (Result<(id: String, outcome: CallOutcome), any Error>) -> Void
    ) {
        let calls = AwaitedCalls(acceptor: acceptor, waiting: waiting, store: store)
        var call = message
        call.message.extensions.replyTo = replies.partition
        call.message.extensions.keepsResult = message.idempotency != nil
        simulation.world.asProcess(process) {
            Task { [call] in
                var call = call
                do {
                    answered(.success(try await calls.perform(&call, until: .now.advanced(by: .seconds(3600)))))
                } catch {
                    answered(.failure(error))
                }
            }
        }
    }

    /// What `TopicManager` does: notices that the broker has lost topics, has everything published again, and makes them anew.
    private func keepTopics() async {
        let broker = simulation.broker
        let database = simulation.database
        while true {
            // How often it looks, in simulated time, which costs none: the manager's period, shortened. No test waits for it to be enough.
            try? await Task.sleep(for: .milliseconds(400))
            guard simulation.plan.isVolatile, !broker.isAway else { continue }
            let observed = await simulation.request(process, "topic book") { .success(database.brokerEpoch) }
            if case .success(let epoch) = observed { brokerEpoch.known = epoch }
            guard case .success(let epoch) = observed, let present = await broker.topicNames(for: process) else {
                continue
            }
            let lost = simulation.guests.allTopics.filter { !present.contains($0) }
            guard !lost.isEmpty else { continue }
            let result = await simulation.request(process, "reset") {
                .success(database.brokerReset(lost: lost, observed: epoch))
            }
            guard case .success = result else { continue }
            broker.create(lost)
        }
    }
}

/// What a router knows of the broker's resets.
///
/// Unchecked: there is one thread.
private final class BrokerEpoch: @unchecked Sendable {
    var known: Int64

    init(_ known: Int64) { self.known = known }
}
