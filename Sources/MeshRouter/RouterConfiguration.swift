package import Kafka
package import MeshCore
package import Outbox

/// How a router listens, what it allows, and how it reaches Kafka.
package struct RouterConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 takes a free port.
    package var port: UInt16 = 8080
    /// Names this process in leases and logs; unique among the routers that run.
    package var name: String
    package var kafka: KafkaConfiguration
    /// Copies of each topic that the mesh creates; -1: the brokers' default.
    package var replication: Int32 = -1
    /// The largest body of a call and of a request with events.
    package var bodyBytes = 1 << 20
    /// The largest `.wasm` file.
    package var packageBytes = 64 << 20
    /// The most calls that wait for their answers at once.
    package var waitingCalls = 20_000
    package var limits = CallIngress.Limits()
    /// Whether it serves the page for operators, under `/ui/`.
    package var servesPage = true
    /// Pages of other origins that may call from a browser; nil: none.
    package var crossOrigin: CrossOrigin?
    /// How long requests in flight have at the end.
    package var drain: Duration = .seconds(10)
    /// How long a router may be silent before others take its lane and its partition of answers.
    package var lease: Duration = .seconds(15)
    /// How long a request waits for Postgres to come back.
    package var patience: Duration = .seconds(5)
    /// Values of `config` by service (`*` for all), which replays of workflows read as the workers do.
    package var serviceConfiguration: [String: [String: String]] = [:]
    /// Nil where no traces are kept.
    package var tracer: Tracer?

    package init(name: String, kafka: KafkaConfiguration) {
        self.name = name
        self.kafka = kafka
    }
}

/// The stores that a router works with.
package struct RouterStores: Sendable {
    package var ingress: any IngressStore
    package var registry: RegistryStore
    package var deadLetters: DeadLetterStore
    package var admin: AdminStore
    package var view: MeshView
    package var workflows: WorkflowAdminStore
    package var stored: StoredDataStore

    package init(
        ingress: any IngressStore, registry: RegistryStore, deadLetters: DeadLetterStore, admin: AdminStore,
        view: MeshView, workflows: WorkflowAdminStore, stored: StoredDataStore
    ) {
        self.ingress = ingress
        self.registry = registry
        self.deadLetters = deadLetters
        self.admin = admin
        self.view = view
        self.workflows = workflows
        self.stored = stored
    }
}
