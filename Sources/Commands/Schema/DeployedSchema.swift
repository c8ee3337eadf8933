import MeshCore
import Schemas

/// The schema of a running mesh's service.
enum DeployedSchema {
    /// Asks the router for the document that `service` is deployed with.
    static func of(_ service: String, _ client: RouterClient) async throws(CommandFailure) -> MeshSchema {
        let text = try await client.controlText(
            "services/\(RouterClient.escape(service))/schema", query: [("form", "sdl")])
        let compilation = SchemaCompiler.recompile(SchemaSource(path: service, text: text))
        if let schema = compilation.schema { return schema }
        throw CommandFailure(
            .failure, compilation.diagnostics.map(\.description).joined(separator: "\n"),
            hint: "is the router of another version? `wasmesh doctor` says", code: ErrorCode.invalidRequest.rawValue)
    }
}
