internal import Foundation

/// The services of the run, built twice with `wasmesh build`, so that there is something to deploy.
enum GuestPackages {
    /// The paths of both packages; builds what has changed.
    static func build(_ program: String) async throws -> [String] {
        var packages: [String] = []
        for edition in 1...2 {
            let folder = "\(ChaosOptions.checkout)/.build/chaos/bank-\(edition)"
            try copySources(to: folder, edition: edition)
            try await Program.check(
                [program, "build"], in: folder, environment: ["WASMESH_SDK": "\(ChaosOptions.checkout)/SDK"],
                within: .seconds(300))
            packages.append("\(folder)/.wasmesh/build/bank.wasm")
        }
        return packages
    }

    private static func copySources(to folder: String, edition: Int) throws {
        let files = FileManager.default
        let source = "\(ChaosOptions.checkout)/Chaos/Guest"
        try files.createDirectory(atPath: "\(folder)/Sources/Bank", withIntermediateDirectories: true)
        var names = ["wasmesh.json", "bank.mesh.graphql"]
        for name in try files.contentsOfDirectory(atPath: "\(source)/Sources/Bank") where name.hasSuffix(".swift") {
            names.append("Sources/Bank/\(name)")
        }
        for name in names {
            var text = try String(contentsOfFile: "\(source)/\(name)", encoding: .utf8)
            if name.hasSuffix("Edition.swift") {
                text = text.replacingOccurrences(of: "let edition = 1", with: "let edition = \(edition)")
            }
            let path = "\(folder)/\(name)"
            // What hasn't changed keeps its date, and isn't built again.
            if text != (try? String(contentsOfFile: path, encoding: .utf8)) {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
            }
        }
    }
}
