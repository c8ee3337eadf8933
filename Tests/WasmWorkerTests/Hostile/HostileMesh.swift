import Kafka
import MeshCore
import Outbox
import Postgres
import Schemas
import TestSupport
import Wasm

@testable import WasmWorker

/// The ledger's mesh with hostile services deployed beside it, and a worker in a process of its own whose log is read.
struct HostileMesh {
    let mesh: TestMesh
    let worker: MeshChild

    static func with(_ body: (HostileMesh) async throws -> Void) async throws {
        try await TestMesh.with(partitions: 1) { mesh in
            try await deploy(
                cases(), service: "Hostile", methods: HostileCase.all.map { ($0.method, $0.answer) }, to: mesh)
            for guest in HostileStart.all {
                try await deploy(guest.guest, service: guest.service, methods: [("c01", "Void")], to: mesh)
            }
            // Something that the schema allows and Postgres doesn't.
            try await Psql.run(
                mesh.url,
                "ALTER TABLE mesh.state ADD CHECK (service <> 't.Hostile' OR data->>'pad' IS DISTINCT FROM 'poison')")
            let worker = try MeshChild.worker(mesh, "hostile")
            defer { worker.kill() }
            try await worker.owns(mesh)
            try await body(HostileMesh(mesh: mesh, worker: worker))
        }
    }

    /// All cases as one guest.
    private static func cases() -> HostileGuest {
        var guest = HostileGuest()
        for entry in HostileCase.all {
            let code = entry.code(&guest.texts)
            guest.cases.append((entry.number, entry.name, code))
        }
        return guest
    }

    private static func deploy(
        _ guest: HostileGuest, service: String, methods: [(name: String, answer: String)], to mesh: TestMesh
    ) async throws {
        let declared = methods.map {
            "  \($0.name)(id: ID!): \($0.answer) @durable(retries: 0, timeout: \"\(HostileCase.milliseconds)ms\")"
        }
        let text = """
            @mesh(namespace: "t", version: "1.0.0")
            type Thing @key(field: "id") { id: ID!  pad: String }
            type Made { id: ID!  pad: String }
            service \(service) @state(type: "Thing") {
            \(service == "Hostile" ? "  @emits(event: \"t.made\", key: \"id\") made(event: Made!): Void" : "")
              good00(id: ID!): Void
            \(declared.joined(separator: "\n"))
            }
            """
        let compilation = SchemaCompiler.compile([SchemaSource(path: service, text: text)])
        guard let schema = compilation.schema else { throw MeshError(.invalidRequest, "\(compilation.diagnostics)") }
        let wasm = try WasmPackage.make(guest.bytes(), schemaText: text, sdk: "wat/test")
        let name = "t.\(service)"
        let admin = try KafkaAdmin(mesh.kafka)
        _ = try await admin.createTopics(
            [name, Topics.deadLetters(of: name)].map { NewTopic($0, partitions: 1, replication: 1) }
                + (service == "Hostile" ? [NewTopic("t.made", partitions: 1, replication: 1)] : []))
        await admin.close()
        _ = try await RegistryStore(mesh.database).deploy(
            NewDeployment(digest: SHA256.hex(wasm), wasm: wasm, schemaText: text, schema: schema, actor: "test"))
    }

    /// The trace that all calls belong to.
    static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"

    /// Puts a call of a hostile service into the log.
    func call(_ method: String, of service: String, id: String, key: String) throws {
        try mesh.produce(
            Message(
                id: id, type: "t.\(service)/\(method)", source: "/test", time: .now, key: key,
                data: Array("{\"id\":\"\(key)\"}".utf8),
                extensions: MessageExtensions(traceparent: "00-\(Self.trace)-00f067aa0ba902b7-01")),
            to: "t.\(service)")
    }

    /// Whether a message of a service's only partition is done, one way or the other: the position has moved on over `count` records.
    func isDone(_ service: String, records count: Int) async throws -> Bool {
        try await mesh.count(
            "SELECT next_offset FROM mesh.position WHERE consumer_group = 't.\(service)' AND topic = 't.\(service)'")
            >= count
    }

    func deadLetter(_ id: String) async throws -> (code: String, message: String)? {
        let rows = try await mesh.database.query(
            .oneOff("SELECT error_code, error_message FROM mesh.dead_letter WHERE message_id = $1::text"), .text(id))
        return try rows.first.map { (try $0.text(0), try $0.text(1)) }
    }
}

/// Guests that misbehave before they take a message.
struct HostileStart: Sendable, CustomStringConvertible {
    let service: String
    let code: String
    let cause: String
    var functions = ""
    var allocate: String?

    var description: String { service }

    var guest: HostileGuest {
        var guest = HostileGuest()
        guest.functions = functions
        guest.allocate = allocate
        return guest
    }

    static let all: [HostileStart] = [
        HostileStart(
            service: "Starter", code: "DEADLINE_EXCEEDED", cause: "used up its 0.2 seconds of CPU time",
            functions: "(func $busy (loop $again (br $again))) (start $busy)"),
        HostileStart(
            service: "Initializer", code: "DEADLINE_EXCEEDED", cause: "used up its 0.2 seconds of CPU time",
            functions: "(func (export \"_initialize\") (loop $again (br $again)))"),
        HostileStart(
            service: "Faller", code: "INTERNAL_ERROR", cause: "the handler crashed",
            functions: "(func $fall unreachable) (start $fall)"),
        HostileStart(
            service: "Hoarder", code: "DEADLINE_EXCEEDED", cause: "used up its 0.2 seconds of CPU time",
            allocate: "(loop $again (br $again)) unreachable"),
        HostileStart(
            service: "Liar", code: "INTERNAL_ERROR", cause: "mesh_alloc returned", allocate: "(i32.const -16)"),
    ]
}
