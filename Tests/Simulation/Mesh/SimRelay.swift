import MeshCore

@testable import Outbox

/// A relay process: the product's relay of the SQL lane.
final class SimRelay {
    let process: SimProcess

    init(_ process: SimProcess, _ simulation: Simulation) {
        self.process = process
        var configuration = RelayConfiguration(owner: process.name)
        configuration.lease = .seconds(3)
        configuration.busyPause = .milliseconds(20)
        configuration.idlePause = .milliseconds(60)
        configuration.delayedPause = .milliseconds(200)
        configuration.delayedPage = 3
        configuration.page = 5
        configuration.maximumInFlight = 20
        let relay = SQLRelay(SimRelayStore(process: process, simulation: simulation), configuration) {
            SimPublisher(process, simulation)
        }
        simulation.world.asProcess(process) { Task { await relay.run() } }
    }
}
