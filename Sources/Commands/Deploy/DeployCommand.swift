import Foundation

/// `wasmesh deploy FILE`
enum DeployCommand: Command {
    private static let allowBreaking = Option<Bool>.flag(
        "allow-breaking", "Deploys even if the schema breaks callers or stored state; the breaks are printed.")

    static let description = CommandDescription(
        "deploy", "deploys a .wasm file, or rolls back to a digest that was deployed before",
        discussion: """
            The router checks the module and its schema, stores it by its SHA-256, and running workers take it within a second.
            Messages that run finish on the old version. Deploying an old digest is the rollback.
            """,
        arguments: [
            Argument(
                "FILE", .optional,
                "The .wasm file, or the digest of an earlier deployment. Default: what `wasmesh build` made.")
        ],
        options: [allowBreaking.description, Settings.url.description, Settings.token.description],
        examples: [
            ("wasmesh deploy .wasmesh/build/shop.wasm", "deploys a file"), ("wasmesh deploy 4be1d0…", "rolls back"),
        ])

    static func run(_ invocation: Invocation) async throws {
        let client = try RouterClient(invocation)
        let answer = try await deploy(invocation, client)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        for service in (answer["services"]?.elements ?? []) {
            invocation.output.line("deployed \(service.text ?? service.text("service"))")
        }
        invocation.output.line("digest \(answer.text("digest"))")
    }

    private static func deploy(_ invocation: Invocation, _ client: RouterClient) async throws -> JSONNode {
        let name = try invocation.argument(0) ?? BuiltPackage.only(in: invocation.directory)
        let path = name.hasPrefix("/") ? name : invocation.directory + "/" + name
        let query = invocation.has(allowBreaking) ? [("allow-breaking", "true")] : []
        if let data = FileManager.default.contents(atPath: path) {
            return try await client.control(
                "POST", "deployments", query: query, contentType: "application/wasm", body: Array(data),
                timeout: .seconds(120))
        }
        guard name.count >= 8, name.allSatisfy(\.isHexDigit) else {
            throw CommandFailure.usage("cannot read \(name)", hint: "give the .wasm file that `wasmesh build` made")
        }
        return try await client.control("POST", "deployments/\(name)", query: query, timeout: .seconds(120))
    }
}
