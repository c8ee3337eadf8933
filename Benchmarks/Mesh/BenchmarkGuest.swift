import Foundation
import Guests
import Outbox
import Postgres
import Wasm

/// The guests under `Benchmarks/Guests`.
enum BenchmarkGuest {
    /// Builds one, if it has changed, and deploys it into a database.
    static func deploy(_ name: String, _ database: PostgresPool) async throws {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Guests/\(name)").standardizedFileURL.path
        let build = try await GuestBuilder.build(directory)
        let wasm = Array(try Data(contentsOf: URL(fileURLWithPath: build.path)))
        _ = try await RegistryStore(database).deploy(
            NewDeployment(
                digest: build.digest, wasm: wasm, schemaText: try WasmPackage.inspect(wasm).schemaText,
                schema: build.schema, actor: "benchmark"))
    }
}
