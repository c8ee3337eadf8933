import Foundation
import Guests
import Outbox
import Postgres
import Wasm

/// The guest that the benchmarks run: keyed state read and written, one event for each call.
enum Tally {
    static let topics = ["bench.Tally", "bench.added", "bench.Tally.dead", "mesh.replies"]

    /// Builds it, if it has changed, and deploys it into a database.
    static func deploy(_ database: PostgresPool) async throws {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Guests/tally").standardizedFileURL.path
        let build = try await GuestBuilder.build(directory)
        let wasm = Array(try Data(contentsOf: URL(fileURLWithPath: build.path)))
        _ = try await RegistryStore(database).deploy(
            NewDeployment(
                digest: build.digest, wasm: wasm, schemaText: try WasmPackage.inspect(wasm).schemaText,
                schema: build.schema, actor: "benchmark"))
    }
}
