import Foundation
import Kafka
import MeshCore
import Postgres
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

    private func run(_ script: String, _ url: String) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            DedicatedThread.start("client") {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = ["python3", "\(ClientTests.checkout)/Tests/Clients/\(script)", url]
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
}
