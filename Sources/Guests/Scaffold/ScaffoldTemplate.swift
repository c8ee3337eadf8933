/// The files of a new project.
struct ScaffoldTemplate {
    let name: String
    let module: String
    let namespace: String

    init(name: String) {
        self.name = name
        module = GuestProject.moduleName(for: name)
        namespace = name.filter { $0 != "-" }
    }

    var files: [(path: String, text: String)] {
        [
            ("\(name)\(GuestProject.schemaSuffix)", schema),
            ("Sources/\(module)/Visits.swift", service),
            ("Tests/\(module)Tests/VisitsTests.swift", test),
            (GuestProject.configurationName, configuration),
            ("Package.swift", manifest),
            ("README.md", readme),
            (".gitignore", ".build\n.wasmesh\n"),
        ]
    }

    private var schema: String {
        """
        @mesh(namespace: "\(namespace)", version: "0.1.0")

        "What is known about a guest; kept per guest, readable with SQL as \(namespace).visits."
        type Visit @key(field: "guest") {
          guest: ID!
          count: Int!
          lastAt: DateTime!
        }

        type GuestWelcomed {
          guest: ID!
          count: Int!
        }

        "Counts visits."
        service Visits @state(type: "Visit") {
          "Welcomes a guest and answers with how often they came."
          welcome(guest: ID! @length(min: 1, max: 100)): Visit!

          "Told of every welcome."
          @emits(event: "\(namespace).guest.welcomed", key: "guest")
          guestWelcomed(event: GuestWelcomed!): Void
        }

        """
    }

    private var service: String {
        """
        import Mesh

        struct Visits: VisitsService {
            func welcome(guest: ID, mesh: VisitsContext) throws(MeshError) -> Visit {
                let visit = Visit(guest: guest, count: (mesh.state?.count ?? 0) + 1, lastAt: mesh.now)
                mesh.state = visit
                mesh.emit(.guestWelcomed(GuestWelcomed(guest: guest, count: visit.count)))
                mesh.log.info("welcome, \\(guest)")
                return visit
            }
        }

        """
    }

    private var test: String {
        """
        import Mesh
        import Testing

        @testable import \(module)

        @Test func `a second visit counts two`() throws {
            let mesh = TestMesh(key: "ada")
            let context = VisitsContext(mesh)

            _ = try Visits().welcome(guest: "ada", mesh: context)
            let visit = try Visits().welcome(guest: "ada", mesh: context)

            #expect(visit.count == 2)
            #expect(context.state == visit)
            #expect(try mesh.emitted.map { try $0.decoded(as: GuestWelcomed.self).count } == [1, 2])
        }

        /// `wasmesh test` runs this again with the built package, in the sandbox.
        @Test func `each guest has a count of their own`() throws {
            let test = WorkflowTest(MeshModule.self)

            #expect(try test.call(Visits.welcome(guest: "ada")).count == 1)
            #expect(try test.call(Visits.welcome(guest: "bob")).count == 1)
            #expect(try test.call(Visits.welcome(guest: "ada")).count == 2)
        }

        """
    }

    private var configuration: String {
        """
        {
          "project": {
            "name": "\(name)",
            "language": "swift"
          }
        }

        """
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        /// For tests and editors; `wasmesh build` doesn't need it. `wasmesh build` keeps the SDK's copy up to date.
        let package = Package(
            name: "\(module)",
            dependencies: [.package(name: "Mesh", path: "\(GuestScaffold.vendoredSDK)")],
            targets: [
                .target(name: "\(module)", dependencies: [.product(name: "Mesh", package: "Mesh")]),
                .testTarget(name: "\(module)Tests", dependencies: ["\(module)"]),
            ],
            swiftLanguageModes: [.v6]
        )

        """
    }

    private var readme: String {
        """
        # \(name)

        A service for Wasmesh.

            wasmesh build     # one package: .wasmesh/build/\(name).wasm
            wasmesh test      # its tests, natively and in the sandbox
            wasmesh dev       # a mesh on this machine; rebuilds and swaps on save
            wasmesh call \(namespace).Visits/welcome '{"guest":"ada"}'

        | file | what |
        |---|---|
        | `\(name)\(GuestProject.schemaSuffix)` | the service's types, methods and events |
        | `Sources/\(module)/Visits.swift` | its handlers |
        | `Sources/\(module)/Generated/` | follows from the schema; `wasmesh build` writes it, nobody else should |
        | `Tests/` | tests of the handlers |
        | `wasmesh.json` | settings |

        """
    }
}
