import MeshCore
import Outbox
import Schemas
import Wasm

@testable import WasmWorker

/// The two services of a run, on the product's own catalog: their code does what the plan says of a message.
struct SimGuests: Sendable {
    let catalog: ServiceCatalog
    /// The services that read each topic.
    let listeners: [String: [String]]

    var deadTopics: [String] { JobSpec.Service.allCases.map { Topics.deadLetters(of: $0.rawValue) } }
    var allTopics: [String] { listeners.keys.sorted() + deadTopics }

    init(_ plan: Plan) {
        let source = SchemaSource(path: "sim.mesh.graphql", text: Self.schemaText)
        let compilation = SchemaCompiler.compile([source])
        guard let schema = compilation.schema else {
            preconditionFailure("the simulation's schema: \(compilation.diagnostics)")
        }
        let code = SimCode(jobs: plan.jobs)
        catalog = ServiceCatalog(
            services: schema.services.map { ServiceBinding($0, in: schema, code: code, configuration: [:]) },
            schemas: [schema], randomSecret: [1])
        listeners = catalog.subscriptions
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
        }
        service Right @state(type: "Trail") {
          work(id: ID!, key: ID!): Void
          @durable(retries: 3)
          step(id: ID!, key: ID!): Void
          @emits(event: "sim.rightTold", key: "key")
          rightTold(event: Told!): Void
          @handles(event: "sim.leftTold", key: "key")
          onLeft(event: Told!): Void
          @workflow
          flow(id: ID!, key: ID!): String!
          @signal
          poke(key: ID!): Void
        }
        """

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
