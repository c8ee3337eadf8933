import Commands
import Foundation
import TestSupport
import Testing

/// `wasmesh deploy` without a file takes what was built; here from a project that was changed since, or wasn't.
@Suite struct StalePackageTests {
    private func deploy(stamp: String?, words: [String] = []) async throws -> ProgramRun {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("shop-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ text: String, to name: String) throws {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        try write(#"{"project": {"name": "shop"}}"#, to: "wasmesh.json")
        try write("type X { id: ID! }", to: "shop.mesh.graphql")
        try write("import Mesh", to: "Sources/Shop/Orders.swift")
        try write("module", to: ".wasmesh/build/shop.wasm")
        if let stamp { try write(stamp, to: ".wasmesh/build/shop.stamp.json") }
        let (run, _) = try await ask(
            ["deploy"] + words, directory: folder.path,
            answers: ["POST /api/v1/deployments": (201, #"{"services":["shop.Orders"],"digest":"01"}"#)])
        return run
    }

    @Test func `it warns where the sources aren't those of the package, and deploys it`() async throws {
        let run = try await deploy(stamp: #"{"key":"k","digest":"d","warnings":[],"sources":"other"}"#)
        #expect(run.exit == .success)
        #expect(run.out.contains("deployed shop.Orders"))
        #expect(run.error.contains("the sources of shop were changed after its package was built"), "\(run.error)")
        #expect(run.error.contains("run `wasmesh build` first"))
    }

    @Test func `it says nothing where nobody knows, or where a file is named`() async throws {
        for stamp in [nil, #"{"key":"k","digest":"d","warnings":[]}"#] {
            #expect(try await deploy(stamp: stamp).error == "")
        }
        let named = try await deploy(
            stamp: #"{"key":"k","digest":"d","warnings":[],"sources":"other"}"#, words: [".wasmesh/build/shop.wasm"])
        #expect(named.exit == .success && named.error == "")
    }
}
