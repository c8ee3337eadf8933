internal import Foundation

/// The services of the run, built several times with `wasmesh build`, so that there is something to deploy.
struct GuestPackages: Sendable {
    /// Builds that differ in a number only.
    var alike: [String]
    /// One whose services handle other events and keep more state.
    var changed: String

    /// Builds what isn't there, or has changed.
    static func build(_ program: String) async throws -> GuestPackages {
        var alike: [String] = []
        for edition in 1...2 { alike.append(try await build("bank-\(edition)", edition: edition, program)) }
        return GuestPackages(
            alike: alike, changed: try await build("bank-changed", edition: 3, overlay: "Changed", program))
    }

    private static func build(_ name: String, edition: Int, overlay: String? = nil, _ program: String) async throws
        -> String
    {
        let folder = "\(ChaosOptions.checkout)/.build/chaos/\(name)"
        try copySources(to: folder, edition: edition, overlay: overlay)
        try await Program.check(
            [program, "build"], in: folder, environment: ["WASMESH_SDK": "\(ChaosOptions.checkout)/SDK"],
            within: .seconds(300))
        return "\(folder)/.wasmesh/build/bank.wasm"
    }

    /// A file of the overlay goes before the one that it is called like.
    private static func copySources(to folder: String, edition: Int, overlay: String?) throws {
        let files = FileManager.default
        let source = "\(ChaosOptions.checkout)/Chaos/Guest"
        try files.createDirectory(atPath: "\(folder)/Sources/Bank", withIntermediateDirectories: true)
        var names = ["wasmesh.json"]
        names += try files.contentsOfDirectory(atPath: source).filter { $0.hasSuffix(".mesh.graphql") }
        names += try files.contentsOfDirectory(atPath: "\(source)/Sources/Bank").filter { $0.hasSuffix(".swift") }
            .map { "Sources/Bank/\($0)" }
        for name in names {
            let other = overlay.map { "\(source)/\($0)/\(name)" }.flatMap { files.fileExists(atPath: $0) ? $0 : nil }
            var text = try String(contentsOfFile: other ?? "\(source)/\(name)", encoding: .utf8)
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
