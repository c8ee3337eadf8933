import MeshCore
import Outbox
import Schemas
import Wasm

@testable import WasmWorker

/// The two services of a run, on the product's own catalog: their code does what the plan says of a message.
struct SimGuests: Sendable {
    private let schema: MeshSchema
    private let jobs: [String: JobSpec]
    /// The services that read each topic.
    let listeners: [String: [String]]

    var deadTopics: [String] { JobSpec.Service.allCases.map { Topics.deadLetters(of: $0.rawValue) } }
    var allTopics: [String] { listeners.keys.sorted() + deadTopics + [Topics.replies] }

    init(_ plan: Plan) {
        let source = SchemaSource(path: "sim.mesh.graphql", text: Self.schemaText)
        let compilation = SchemaCompiler.compile([source])
        guard let schema = compilation.schema else {
            preconditionFailure("the simulation's schema: \(compilation.diagnostics)")
        }
        self.schema = schema
        jobs = plan.jobs
        listeners = ServiceCatalog(services: SimGuests.bindings(1, schema, jobs)).subscriptions
    }

    /// What a worker knows once so many packages have been deployed, each of both services: the last one, and the former ones for workflows that
    /// began with them.
    func catalog(packages: Int) -> ServiceCatalog {
        ServiceCatalog(
            services: SimGuests.bindings(packages, schema, jobs),
            former: (1..<packages).flatMap { SimGuests.bindings($0, schema, jobs) }, schemas: [schema],
            randomSecret: [1])
    }

    private static func bindings(_ package: Int, _ schema: MeshSchema, _ jobs: [String: JobSpec]) -> [ServiceBinding] {
        let code = SimCode(jobs: jobs, digest: "simulated \(package)")
        return schema.services.map { ServiceBinding($0, in: schema, code: code, configuration: [:]) }
    }

    private static let schemaText = """
        @mesh(namespace: "sim", version: "1.0.0")
        type Trail @key(field: "key") { key: ID! done: [String!]! }
        type Told { id: ID! key: ID! }
        service Left @state(type: "Trail") {
          work(id: ID!, key: ID!): Void
          @durable(retries: 3)
          step(id: ID!, key: ID!): Void
          @emits(event: "sim.leftTold", key: "key")
          leftTold(event: Told!): Void
          @handles(event: "sim.leftTold", key: "key")
          onLeft(event: Told!): Void
          @handles(event: "sim.rightTold", key: "key")
          onRight(event: Told!): Void
          @workflow
          flow(id: ID!, key: ID!): String!
          @signal
          poke(key: ID!): Void
          @schedule(cron: "* * * * *", catchUp: "1h") @scheduleOnly
          tick: Void
          @schedule(cron: "* * * * *", overlap: "allow", catchUp: "1h") @scheduleOnly
          tock: Void
        }
        service Right @state(type: "Trail") {
          work(id: ID!, key: ID!): Void
          @durable(retries: 3)
          step(id: ID!, key: ID!): Void
          @emits(event: "sim.rightTold", key: "key")
          rightTold(event: Told!): Void
          @handles(event: "sim.leftTold", key: "key")
          @batch(maxItems: 3, maxTime: "40ms")
          onLeft(events: [Told!]!): Void
          @workflow
          flow(id: ID!, key: ID!): String!
          @signal
          poke(key: ID!): Void
          @schedule(cron: "* * * * *", catchUp: "1h") @scheduleOnly
          tick: Void
        }
        """

    /// The schedules of the schema, which all fire with each minute.
    static let schedules = [
        ScheduleRow.key("sim.Left", "tick"), ScheduleRow.key("sim.Left", "tock"), ScheduleRow.key("sim.Right", "tick"),
    ]

    /// Calls by schedules have no job: in the trail of their key stands the message.
    static let callPrefix = "@call/"

    // MARK: Messages

    func topic(of spec: JobSpec) -> String {
        switch spec.kind {
        case .work(let service), .flow(let service, _): service.rawValue
        case .told(let service): service.event
        }
    }

    func message(of spec: JobSpec, id: String, at time: Timestamp) -> Message {
        let type =
            switch spec.kind {
            case .work(let service): service.rawValue + "/work"
            case .flow(let service, _): service.rawValue + "/flow"
            case .told(let service): service.event
            }
        return Message(
            id: id, type: type, source: "/sim", time: time, key: spec.key, data: Self.data(spec.id, key: spec.key))
    }

    func poke(_ workflow: WorkflowID, at time: Timestamp) -> Message {
        Message(
            id: "poke-\(workflow.key)-\(time.microseconds)", type: workflow.service + "/poke", source: "/sim",
            time: time,
            key: workflow.key, data: Array("{\"key\":\"\(workflow.key)\"}".utf8))
    }

    static func data(_ id: String, key: String) -> [UInt8] { Array("{\"id\":\"\(id)\",\"key\":\"\(key)\"}".utf8) }

    /// The id of the job that a message's data names; nil for any other message.
    static func id(in data: [UInt8]) -> String? { JSONMembers(data)?.string("id") }

    /// The ids of the jobs in what a handler is given: one, or a batch.
    static func ids(in data: [UInt8]) -> [String] {
        guard data.first == UInt8(ascii: "[") else { return id(in: data).map { [$0] } ?? [] }
        return data.dropFirst().dropLast().split(separator: UInt8(ascii: "}")).compactMap { part in
            id(in: Array(part.drop { $0 == UInt8(ascii: ",") }) + [UInt8(ascii: "}")])
        }
    }

    // MARK: Trails

    /// What took effect on a key, in order.
    static func trail(_ state: [UInt8]?) -> [String] {
        guard let state, let raw = JSONMembers(state)?.raw("done") else { return [] }
        return raw.dropFirst().dropLast().split(separator: ",").map { String($0.dropFirst().dropLast()) }
    }

    static func state(_ key: String, _ trail: [String]) -> [UInt8] {
        Array("{\"key\":\"\(key)\",\"done\":[\(trail.map { "\"\($0)\"" }.joined(separator: ","))]}".utf8)
    }
}
