import HTTPServer
package import Kafka
import MeshCore
import Outbox
import Publishing

/// A router: HTTP in, answers out, and the control plane.
///
/// It holds nothing that matters: what it has accepted is in Postgres, and any number of routers may run. While Postgres or
/// Kafka is away it says so (`/readyz`, its log, the errors it answers with) and goes on by itself once they are back.
package final class MeshRouter: Sendable {
    let configuration: RouterConfiguration
    let stores: RouterStores
    let routing = RoutingHolder()
    let metrics = RouterMetrics()
    let waiting: WaitingCalls
    let admin: KafkaAdmin
    let registry: Registry
    let acceptor: Acceptor
    let replies: ReplyListener
    private let adopter: LaneAdopter
    private let log = Log("router")

    package init(_ configuration: RouterConfiguration, stores: RouterStores) throws(KafkaError) {
        self.configuration = configuration
        self.stores = stores
        let waiting = WaitingCalls(limit: configuration.waitingCalls)
        self.waiting = waiting
        admin = try KafkaAdmin(configuration.kafka, timeout: .seconds(5))
        let topics = TopicManager(admin: admin, store: stores.registry, replication: configuration.replication)
        registry = Registry(store: stores.registry, topics: topics, holder: routing)
        var kafka = configuration.kafka
        // Bounded in bytes as well: the queue fills while brokers are away.
        kafka.overrides.merge(["queue.buffering.max.kbytes": "\(64 << 10)"]) { own, _ in own }
        let producer = kafka
        acceptor = Acceptor(MeshRouter.acceptor(configuration), store: stores.ingress, metrics: metrics) {
            try KafkaLanePublisher(producer)
        } onRefusal: { row, reason in
            let error = MeshError(.resourceExhausted, "Kafka refuses the message: \(reason)")
            waiting.resolve(row.message.id, .failed(error))
        }
        adopter = LaneAdopter(owner: configuration.name, lease: configuration.lease, store: stores.ingress) {
            try KafkaLanePublisher(producer)
        }
        let routing = routing
        replies = ReplyListener(
            ReplyListener.Configuration(owner: configuration.name, lease: configuration.lease), store: stores.ingress,
            source: KafkaReplySource(configuration.kafka, admin: admin), waiting: waiting, metrics: metrics
        ) { routing.current }
    }

    private static func acceptor(_ configuration: RouterConfiguration) -> Acceptor.Configuration {
        var acceptor = Acceptor.Configuration(owner: configuration.name)
        acceptor.lease = configuration.lease
        acceptor.patience = configuration.patience
        return acceptor
    }

    /// Listens and works until the task is cancelled, then answers what is in flight within `drain` and closes.
    ///
    /// `listening` gets the port. Throws only where it can't listen.
    package func run(listening: @Sendable (UInt16) -> Void = { _ in }) async throws {
        let control = controlPlane()
        var http = MeshRouter.http(configuration)
        http.admission = admission(control)
        let server = try HTTPServer(http, onError: MeshRouter.internalError, handler: endpoints(control))
        listening(server.port)
        let accepting = Task { await acceptor.run() }
        let following = [
            Task { await registry.run() }, Task { await replies.run() }, Task { await adopter.run() },
            Task { await expireDeadlines() },
        ]
        await MeshRouter.cancellation()
        log.info("stopping", ["waiting": "\(waiting.count)"])
        await stop(server)
        acceptor.stop()
        // Bounded: with Kafka away, rows that are left are published by the next owner of the lane.
        let patience = Task {
            try? await Task.sleep(for: .seconds(5))
            accepting.cancel()
        }
        await accepting.value
        patience.cancel()
        for task in following {
            task.cancel()
            await task.value
        }
        await admin.close()
        log.info("stopped")
    }

    /// Ends the waiting a moment before the server gives up on connections, so that each caller learns its call's id.
    private func stop(_ server: HTTPServer) async {
        let drain = configuration.drain
        let ending = Task {
            try? await Task.sleep(for: drain * 0.9)
            waiting.stop()
        }
        await server.stop(drainWithin: drain)
        ending.cancel()
        waiting.stop()
    }

    private func expireDeadlines() async {
        while !Task.isCancelled {
            waiting.expire(at: .now)
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Returns when the task is cancelled.
    private static func cancellation() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }

    private static func http(_ configuration: RouterConfiguration) -> HTTPServer.Configuration {
        var http = HTTPServer.Configuration()
        http.host = configuration.host
        http.port = configuration.port
        http.maxBodyBytes = configuration.bodyBytes
        http.connectionLimit = configuration.waitingCalls + 1000
        let (call, package) = (configuration.bodyBytes, configuration.packageBytes)
        http.bodyLimits = { MeshRouter.takesPackages($0) ? package : call }
        http.refusal = MeshRouter.refusal
        return http
    }
}
