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

    init(_ process: SimProcess, _ simulation: Simulation) {
        self.process = process
        self.simulation = simulation
        var configuration = Acceptor.Configuration(owner: process.name)
        configuration.lease = .seconds(3)
        configuration.patience = .seconds(5)
        let store = SimIngressStore(process: process, simulation: simulation)
        acceptor = Acceptor(configuration, store: store, metrics: RouterMetrics()) {
            SimPublisher(process, simulation)
        }
        simulation.world.asProcess(process) {
            Task { [acceptor] in await acceptor.run() }
            Task {
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

    /// What `TopicManager` does: notices that the broker has lost topics, has everything published again, and makes them anew.
    private func keepTopics() async {
        let broker = simulation.broker
        let database = simulation.database
        while true {
            // How often it looks, in simulated time, which costs none: the manager's period, shortened. No test waits for it to be enough.
            try? await Task.sleep(for: .milliseconds(400))
            guard simulation.plan.isVolatile, !broker.isAway else { continue }
            let observed = await simulation.request(process, "topic book") { .success(database.brokerEpoch) }
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
