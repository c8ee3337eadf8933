import Foundation
import HTTPServer
import TestSupport

/// The one development mesh that the suite shares: a project with a counter that counts, fails and traps on demand.
actor SharedMesh {
    static let shared = SharedMesh()
    private var starting: Task<DevelopmentProcess, any Error>?
    /// A collector of traces, and what it got.
    private var collecting: (server: HTTPServer, bodies: Collector<[UInt8]>)?

    /// The bodies of the requests with spans.
    func collector() throws -> Collector<[UInt8]> { try openCollector().bodies }

    private func openCollector() throws -> (server: HTTPServer, bodies: Collector<[UInt8]>) {
        if let collecting { return collecting }
        let bodies = Collector<[UInt8]>()
        let server = try HTTPServer(HTTPServer.Configuration()) { request in
            bodies.append(request.body)
            return .text("{}")
        }
        collecting = (server, bodies)
        return (server, bodies)
    }

    func mesh() async throws -> DevelopmentProcess {
        if let starting { return try await starting.value }
        let traces = "http://127.0.0.1:\(try openCollector().server.port)"
        let task = Task {
            let parent = try scratchDirectory("shared")
            let made = try await Wasmesh.run(["init", "probe"], in: parent)
            guard made.exit == 0 else { throw ProcessFailure(description: "init: \(made)") }
            let project = parent + "/probe"
            try Probe.write(to: project)
            return try await DevelopmentProcess(in: project, ["--traces", traces, "--trace-ratio", "0"])
        }
        starting = task
        return try await task.value
    }
}

/// The sources of the shared project.
enum Probe {
    static let schema = """
        @mesh(namespace: "probe", version: "0.1.0")

        type Counter @key(field: "id") { id: ID!  value: Int!  heard: Int! }
        type Counted { id: ID!  value: Int! }

        service Counters @state(type: "Counter") {
          add(id: ID!, by: Int! @min(1) @max(1000)): Counter!
          addLater(id: ID!, by: Int! @min(1) @max(1000), after: Duration!): Void
          refuse(id: ID!): Counter!
          trap(id: ID!): Counter!
          who: String!

          @emits(event: "probe.counted", key: "id")
          counted(event: Counted!): Void

          @handles(event: "probe.order")
          onOrder(event: Counted!): Void

          @emits(event: "probe.order", key: "id")
          order(event: Counted!): Void
        }

        type Echo @key(field: "id") { id: ID!  sum: Int!  times: Int! }

        service Listeners @state(type: "Echo") {
          @handles(event: "probe.counted")
          onCounted(event: Counted!): Void
        }
        """

    /// `refusesOrders`: the bug that the dead letters' test fixes.
    static func source(refusesOrders: Bool) -> String {
        """
        import Mesh

        struct Counters: CountersService {
            func add(id: ID, by: Int, mesh: CountersContext) throws(MeshError) -> Counter {
                var counter = mesh.state ?? Counter(id: id, value: 0, heard: 0)
                counter.value += by
                mesh.state = counter
                mesh.emit(.counted(Counted(id: id, value: by)))
                return counter
            }

            func addLater(id: ID, by: Int, after: Duration, mesh: CountersContext) throws(MeshError) {
                mesh.send(Counters.add(id: id, by: by), after: after)
            }

            func refuse(id: ID, mesh: CountersContext) throws(MeshError) -> Counter {
                throw MeshError("OUT_OF_STOCK", "there is no \\(id) left\(refusesOrders ? "" : ", as ever")", details: ["id": .string(id)])
            }

            func who(mesh: CountersContext) throws(MeshError) -> String {
                guard let principal = mesh.principal else { return "nobody" }
                var text = principal.name
                for role in principal.roles { text += " " + role }
                return principal.has("owner") ? text + " owns" : text
            }

            func trap(id: ID, mesh: CountersContext) throws(MeshError) -> Counter {
                let none: Counter? = id.isEmpty ? mesh.state : nil
                return none!
            }

            func onOrder(event: Counted, mesh: CountersContext) throws(MeshError) {
                \(refusesOrders ? "throw MeshError(\"BROKEN\", \"orders are broken\")" : "mesh.state = Counter(id: event.id, value: event.value, heard: 1)")
            }
        }

        struct Listeners: ListenersService {
            func onCounted(event: Counted, mesh: ListenersContext) throws(MeshError) {
                var echo = mesh.state ?? Echo(id: event.id, sum: 0, times: 0)
                echo.sum += event.value
                echo.times += 1
                mesh.state = echo
            }
        }

        """
    }

    static func write(to project: String) throws {
        try schema.write(toFile: project + "/probe.mesh.graphql", atomically: true, encoding: .utf8)
        let folder = project + "/Sources/Probe"
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
            try FileManager.default.removeItem(atPath: folder + "/" + file)
        }
        try source(refusesOrders: true).write(toFile: folder + "/Counters.swift", atomically: true, encoding: .utf8)
    }
}
