import HTTPServer
import MeshCore
import Postgres
import TestSupport
import Testing
import Wasm

@testable import MeshRouter

/// Packages that come to a router: put in force, or refused.
@Suite struct DeployTests {
    @Test func `a package is deployed, callable at once, replaced, and rolled back to`() async throws {
        try await withRouter(schemas: []) { mesh in
            let first = try TextPackage.make(Shop.orders)
            let deployed = try await mesh.control("POST", "deployments", body: first)
            #expect(deployed.status == 201, "\(deployed.text)")
            #expect(deployed.member("digest") == SHA256.hex(first))
            #expect(deployed.member("services.0") == "shop.Orders")
            #expect(deployed.member("views.0") == "shop.orders")
            try await mesh.becomesReady()
            #expect(try await mesh.call("shop.Orders/forget", "{}").status == 200)

            let second = try TextPackage.make(
                Shop.orders.replacing("\"1.0.0\"", "\"1.1.0\"").replacing("forget: Void", "forget: Void  more: Void"))
            #expect(try await mesh.control("POST", "deployments", body: second).status == 201)
            try await mesh.becomesReady()
            #expect(try await mesh.call("shop.Orders/more", "{}").status == 200)

            let back = try await mesh.control("POST", "deployments/\(SHA256.hex(first).prefix(12))?force=true")
            #expect(back.status == 201, "\(back.text)")
            #expect(try await mesh.call("shop.Orders/more", "{}").status == 404)
            let history = try await mesh.control("GET", "deployments")
            #expect(history.member("deployments.0.digest") == SHA256.hex(first))
            #expect(history.member("deployments.1.active") == "false")
            #expect(try await mesh.control("POST", "deployments/0123456789").status == 404)
        }
    }

    @Test func `an upgrade and a rollback leave a service in its pool, unless they name another one`() async throws {
        try await withRouter(schemas: []) { mesh in
            func pool(_ path: String, _ package: [UInt8]? = nil) async throws -> String? {
                let answer = try await mesh.control("POST", path, body: package)
                #expect(answer.status == 201, "\(answer.text)")
                let services = try await mesh.control("GET", "services")
                #expect(services.member("services.0.pool") == answer.member("pool"))
                return answer.member("pool")
            }
            let first = try TextPackage.make(Shop.orders)
            let second = try TextPackage.make(
                Shop.orders.replacing("\"1.0.0\"", "\"1.1.0\"").replacing("forget: Void", "forget: Void  more: Void"))
            #expect(try await pool("deployments", first) == "default")
            #expect(try await pool("deployments?pool=slow", first) == "slow")
            #expect(try await pool("deployments", second) == "slow")
            #expect(try await pool("deployments/\(SHA256.hex(first))?allow-breaking=true") == "slow")
            #expect(try await pool("deployments?pool=default", second) == "default")
        }
    }

    @Test func `files that aren't packages are refused with what is wrong`() async throws {
        try await withRouter(schemas: []) { mesh in
            let good = try TextPackage.make(Shop.orders)
            let noSection = try WasmBinary.assemble(
                "(module (memory (export \"memory\") 1) (func (export \"mesh_alloc\") (param i32) (result i32) i32.const 0))"
            )
            let cases: [([UInt8], String)] = [
                (Array("hello".utf8), "isn't a WebAssembly file"), ([], "empty"), (Array(good.dropLast(40)), "cut off"),
                (noSection, "has no section"),
                (try TextPackage.make(Shop.orders, imports: "(import \"env\" \"system\" (func))"), "doesn't offer"),
                (try TextPackage.make(Shop.orders, exports: ""), "doesn't export"),
                (try TextPackage.make("type X {"), "schema"),
                (
                    try WasmBinary.adding(
                        [("wasmesh.schema", Array(Shop.orders.utf8)), ("wasmesh.package", Array(#"{"abi":2}"#.utf8))],
                        to: noSection),
                    "ABI version 2"
                ),
            ]
            for (bytes, words) in cases {
                let answer = try await mesh.control("POST", "deployments", body: bytes)
                #expect(answer.status == 400, "\(words): \(answer.text)")
                #expect(answer.member("message")?.contains(words) == true, "\(words): \(answer.text)")
            }
            #expect(try await mesh.control("GET", "deployments").member("deployments") == "[0]")
        }
    }

    @Test func `a version that breaks somebody is refused unless it says so`() async throws {
        try await withRouter(schemas: []) { mesh in
            _ = try await mesh.control("POST", "deployments", body: try TextPackage.make(Shop.orders))
            let breaking = Shop.orders.replacing("count(id: ID!): Int!", "")
            let dry = try await mesh.control("POST", "deployments?dry-run=true", body: try TextPackage.make(breaking))
            #expect(dry.status == 200)
            #expect(dry.member("changes.0.severity") == "breaking")
            #expect(dry.member("refusal.message")?.contains("shop.Orders/count") == true, "\(dry.text)")
            let allowed = try await mesh.control(
                "POST", "deployments?dry-run=true&allow-breaking=true", body: try TextPackage.make(breaking))
            #expect(allowed.status == 200 && allowed.text.contains("\"refusal\":null"), "\(allowed.text)")
            let refused = try await mesh.control("POST", "deployments", body: try TextPackage.make(breaking))
            #expect(refused.status == 400)
            #expect(refused.member("code") == "FAILED_PRECONDITION")
            #expect(refused.member("message")?.contains("shop.Orders/count") == true)
            let major = breaking.replacing("\"1.0.0\"", "\"2.0.0\"")
            #expect(try await mesh.control("POST", "deployments", body: try TextPackage.make(major)).status == 201)
        }
    }

    @Test func `of deploys at once that contradict each other one is in force, and the others hear why`() async throws {
        try await withRouter(schemas: []) { mesh in
            // Eight namespaces claim one event, each with a type of its own.
            let packages = try (0..<8).map { number in
                try TextPackage.make(
                    """
                    @mesh(namespace: "n\(number)", version: "1.0.0")
                    type Fact { id: ID!  n\(number): Int! }
                    service S { @emits(event: "fact.claimed", key: "id") claimed(event: Fact!): Void }
                    """)
            }
            let answers = try await withThrowingTaskGroup(of: Int.self) { group in
                for package in packages {
                    group.addTask { try await mesh.control("POST", "deployments", body: package).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0 == 201 } == 1, "\(answers)")
            #expect(answers.allSatisfy { [201, 400, 409].contains($0) }, "\(answers)")
            #expect(try await mesh.control("GET", "services").member("services") == "[1]")
        }
    }

    @Test func `a version that breaks another service's handler is refused`() async throws {
        try await withRouter(schemas: []) { mesh in
            _ = try await mesh.control("POST", "deployments", body: try TextPackage.make(Shop.orders))
            let billing = try await mesh.control("POST", "deployments", body: try TextPackage.make(Shop.billing))
            #expect(billing.status == 201, "\(billing.text)")
            let silent = Shop.orders.replacing("\"1.0.0\"", "\"2.0.0\"")
                .replacing("@emits(event: \"order.placed\", key: \"id\")", "").replacing(
                    "orderPlaced(event: OrderPlaced!): Void", "")
            let refused = try await mesh.control("POST", "deployments", body: try TextPackage.make(silent))
            #expect(refused.status == 400, "\(refused.text)")
            #expect(refused.member("message")?.contains("order.placed") == true)
            let forced = try await mesh.control("POST", "deployments?force=true", body: try TextPackage.make(silent))
            #expect(forced.status == 201)
            // What hears the event is still there.
            #expect(try await mesh.control("GET", "services").member("services.0.service") == "billing.Invoices")
        }
    }

    @Test func `a rollback is no break for those who go with it, and is told of no version to raise`() async throws {
        let newer = Shop.orders.replacing("\"1.0.0\"", "\"1.1.0\"").replacing(
            "forget: Void", "forget: Void  @emits(event: \"trouble.pinged\") trouble(event: Ping!): Void")
        let handler = "@handles(event: \"trouble.pinged\") onTrouble(event: Ping!): Void"
        let heardInside = newer.replacing("forget: Void", "forget: Void  \(handler)")
        let heardBeside = newer + "\nservice Watch { \(handler) }"
        let first = try TextPackage.make(Shop.orders)
        let rollback = "deployments/\(SHA256.hex(first))"
        try await withRouter(schemas: []) { mesh in
            #expect(try await mesh.control("POST", "deployments", body: first).status == 201)
            let second = try await mesh.control("POST", "deployments", body: try TextPackage.make(heardInside))
            #expect(second.status == 201, "\(second.text)")
            let back = try await mesh.control("POST", rollback)
            #expect(back.status == 201, "\(back.text)")
            #expect(back.text.contains("trouble.pinged"))
            #expect(back.member("changes.0.severity") == "compatible")
        }
        try await withRouter(schemas: []) { mesh in
            #expect(try await mesh.control("POST", "deployments", body: first).status == 201)
            let second = try await mesh.control("POST", "deployments", body: try TextPackage.make(heardBeside))
            #expect(second.status == 201, "\(second.text)")
            // The former package doesn't have Watch, which therefore stays, and hears nothing any more.
            let refused = try await mesh.control("POST", rollback)
            #expect(refused.member("code") == "FAILED_PRECONDITION")
            #expect(refused.member("details.breaking")?.isEmpty == false)
            #expect(refused.text.contains("trouble.pinged: nobody emits it any more"))
            #expect(refused.member("message")?.contains("Deploy with --allow-breaking") == true)
            #expect(refused.member("message")?.contains("Raise") == false)
            #expect(try await mesh.control("POST", rollback + "?allow-breaking=true").status == 201)
        }
    }

    @Test func `an event with two types is refused, and a handler without an emitter`() async throws {
        try await withRouter(schemas: []) { mesh in
            let orphan = try await mesh.control("POST", "deployments", body: try TextPackage.make(Shop.billing))
            #expect(orphan.status == 400)
            #expect(orphan.member("message")?.contains("order.placed") == true)
            // Services that hear each other begin with one of them, on demand.
            let first = try await mesh.control(
                "POST", "deployments?allow-breaking=true", body: try TextPackage.make(Shop.billing))
            #expect(first.status == 201, "\(first.text)")
            _ = try await mesh.control("POST", "deployments", body: try TextPackage.make(Shop.orders))
            let rival = """
                @mesh(namespace: "rival", version: "1.0.0")
                type Placed { id: Int! }
                service Orders { @emits(event: "order.placed", key: "id") placed(event: Placed!): Void }
                """
            let refused = try await mesh.control("POST", "deployments?force=true", body: try TextPackage.make(rival))
            #expect(refused.status == 400)
            #expect(refused.member("code") == "FAILED_PRECONDITION", "\(refused.text)")
            #expect(refused.member("message")?.contains("another type") == true, "\(refused.text)")
        }
    }

    @Test func `what stands where a view belongs refuses the deploy, and its dry run says so`() async throws {
        try await withRouter(schemas: []) { mesh in
            for sql in ["CREATE SCHEMA shop", "CREATE TABLE shop.orders (mine int)"] {
                _ = try await mesh.pool.query(.oneOff(sql))
            }
            let package = try TextPackage.make(Shop.orders)
            let dry = try await mesh.control("POST", "deployments?dry-run=true", body: package)
            #expect(dry.status == 200 && dry.member("refusal.code") == "FAILED_PRECONDITION", "\(dry.text)")
            let refused = try await mesh.control("POST", "deployments?force=true", body: package)
            #expect(refused.status == 400 && refused.member("code") == "FAILED_PRECONDITION", "\(refused.text)")
            let message = try #require(refused.member("message"))
            #expect(
                message.hasPrefix("shop.orders stands where the view of the state of shop.Orders belongs; rename it"))
            #expect(refused.member("details.obstacles") == "[1]")
            _ = try await mesh.pool.query(.oneOff("DROP TABLE shop.orders"))
            #expect(try await mesh.control("POST", "deployments", body: package).status == 201)
            #expect(try await mesh.control("POST", "deployments?dry-run=true", body: package).member("refusal") == nil)
        }
    }
}
