import Foundation
import HTTPServer
import Kafka
import MeshCore
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import MeshRouter

/// Clients that others have written, from PyPI; `Scripts/clients` puts them under `.native/clients`.
@Suite struct ClientTests {
    private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let packages = checkout + "/.native/clients"
    private static let isInstalled = FileManager.default.fileExists(atPath: packages + "/connectrpc")

    private func run(_ script: String, _ words: String...) async throws -> (status: Int32, output: String) {
        try await run("/usr/bin/env", ["python3", "\(ClientTests.checkout)/Tests/Clients/\(script)"] + words)
    }

    private func run(_ program: String, _ words: [String]) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            DedicatedThread.start("client") {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: program)
                process.arguments = words
                process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONPATH": ClientTests.packages])
                { $1 }
                let pipe = Pipe()
                process.standardOutput = pipe
                process.standardError = pipe
                do {
                    try process.run()
                    let output = pipe.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    continuation.resume(returning: (process.terminationStatus, String(decoding: output, as: UTF8.self)))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    @Test(.enabled(if: isInstalled, "Scripts/clients installs them"))
    func `a Connect client of others works, with gzip and without, and sees our errors`() async throws {
        let error = MeshError(.failedPrecondition, "none left", applicationCode: "OUT_OF_STOCK")
        try await withRouter(answer: { message in
            switch message.type {
            case "shop.Orders/place": (.ok, #"{"id":"o-1","customer":"c-1"}"#)
            case "shop.Orders/forget": (.error, error.json)
            default: nil
            }
        }) { mesh in
            let (status, output) = try await run("connect_client.py", mesh.url)
            #expect(status == 0, "\(output)")
        }
    }

    @Test(.enabled(if: isInstalled, "Scripts/clients installs them"))
    func `events of a CloudEvents SDK of others arrive once`() async throws {
        try await withRouter { mesh in
            let (status, output) = try await run("cloudevents_client.py", mesh.url)
            #expect(status == 0, "\(output)")
            let events = try await mesh.responder.messages.wait(for: 2)
            #expect(events.map(\.id).sorted() == ["py-0 é", "py-1 é"])
            #expect(events.compactMap(\.key).sorted() == ["o-0", "o-1"])
        }
    }

    @Test(.enabled(if: isInstalled, "Scripts/clients installs them"))
    func `what is rendered is OpenAPI 3.1 and AsyncAPI 3.0 to validators of others`() async throws {
        let golden = ClientTests.checkout + "/Tests/SchemasTests/Golden"
        let files = ["shop.openapi.json", "shop.asyncapi.json"].map { "\(golden)/\($0)" }
        let (status, output) = try await run("forms.py", files[0], files[1])
        #expect(status == 0, "\(output)")
    }

    @Test(.enabled(if: isInstalled, "Scripts/clients installs them"))
    func `the TypeScript client calls, reads each form of answer, throws the service's errors, polls and publishes`()
        async throws
    {
        let calls = Mutex(0)
        try await withRouter(
            schemas: [Kiosk.schema],
            answer: { message in
                Kiosk.answer(
                    message,
                    call: calls.withLock { calls in
                        calls += 1; return calls
                    })
            }
        ) { mesh in
            let folder = FileManager.default.temporaryDirectory.appending(
                path: "kiosk-\(UInt64.random(in: 0 ... .max))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let module = try await mesh.control("GET", "services/kiosk.Kiosk/schema?form=typescript")
            #expect(module.status == 200 && module.headers["Content-Type"]?.hasPrefix("text/plain") == true)
            try Data(module.body).write(to: folder.appending(path: "kiosk.ts"))
            let program = folder.appending(path: "client.ts")
            try FileManager.default.copyItem(
                atPath: ClientTests.checkout + "/Tests/Clients/typescript_client.ts", toPath: program.path)
            let node = ClientTests.packages + "/playwright/driver/node"
            let (status, output) = try await run(node, ["--no-warnings", program.path, mesh.url, mesh.token])
            #expect(status == 0, "\(output)")
            let messages = mesh.responder.messages.all
            let sold = try #require(messages.last { $0.type == "kiosk.sold" })
            #expect(sold.key == "kite é" && sold.source == "/till" && sold.id == "sale-1")
            #expect(messages.count { $0.type == "kiosk.sold" } == 1)
            let poked = try #require(messages.first { $0.type == "kiosk.Kiosk/poke" })
            #expect(poked.key == "Zoë" && poked.extensions.traceparent?.contains(Kiosk.trace) == true)
        }
    }
}

/// What the TypeScript client is tried with: each form of data and of answers, and names that are words of the language.
private enum Kiosk {
    static let trace = "0af7651916cd43dd8448eb211c80319c"

    static let schema = """
        @mesh(namespace: "kiosk", version: "1.0.0")

        enum Size { SMALL LARGE }
        type Line { sku: String!  count: Int!  price: Decimal!  size: Size }
        type Basket {
          lines: [Line!]!  tags: [[String]]  first: Line  views: Long!  weight: Float!  open: Boolean!
          at: DateTime  extra: JSON  note: String
        }
        type Sold { sku: ID!  count: Int! }

        service Kiosk {
          echo(basket: Basket!): Basket!
          find(id: ID!): Basket
          count(id: ID): Int!
          labels(id: ID): [String]
          new(class: String!, default: [Size!]!): Void
          constructor: Void
          refuse(id: ID!): Basket!
          audit: Int! @auth(roles: ["auditor"])
          @workflow run(id: ID!): String!
          @signal poke(by: String): Void

          @emits(event: "kiosk.sold", key: "sku")
          sold(event: Sold!): Void
        }
        """

    static func answer(_ message: Message, call: Int) -> (ReplyStatus, String)? {
        let data = (try? JSONReader.read(String(decoding: message.data, as: UTF8.self)))
        switch message.type {
        case "kiosk.Kiosk/echo": return (.ok, data?["basket"]?.rendered() ?? "")
        case "kiosk.Kiosk/find": return (.ok, #"{"value":null}"#)
        case "kiosk.Kiosk/count", "kiosk.Kiosk/audit": return (.ok, #"{"value":\#(call)}"#)
        case "kiosk.Kiosk/labels": return (.ok, data?["id"] == nil ? #"{"value":null}"# : #"{"value":["a",null,""]}"#)
        case "kiosk.Kiosk/run": return (.ok, #"{"value":"ran"}"#)
        case "kiosk.Kiosk/refuse":
            let error = MeshError(
                .conflict, "none of B-1 left", details: #"{"sku":"B-1","left":0}"#, applicationCode: "OUT_OF_STOCK")
            return (.error, error.json)
        case "kiosk.sold": return nil
        default: return (.ok, "{}")
        }
    }
}
