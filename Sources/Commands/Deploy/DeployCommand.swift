import Foundation

/// `wasmesh deploy FILE`
enum DeployCommand: Command {
    private static let allowBreaking = Option<Bool>.flag(
        "allow-breaking", "Deploys even if the schema breaks callers or stored state; the breaks are printed.")

    private static let isDry = Option<Bool>.flag(
        "dry-run", "Only checks: says what would change, and what would break.")
    private static let pool = Option<String>(
        "pool", "NAME", "The pool of workers that runs its services.", default: "default")

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
        options: [
            pool.description, isDry.description, allowBreaking.description, Settings.url.description,
            Settings.token.description,
        ],
        examples: [
            ("wasmesh deploy .wasmesh/build/shop.wasm", "deploys a file"), ("wasmesh deploy 4be1d0…", "rolls back"),
        ])

    static func run(_ invocation: Invocation) async throws {
        let client = try RouterClient(invocation)
        let answer = try await deploy(invocation, client)
        if invocation.output.isJSON { return invocation.output.line(answer.rendered()) }
        let output = invocation.output
        for change in answer["changes"]?.elements ?? [] {
            let line =
                "\(change.text("severity")) for \(change.text("audience")): \(change.text("subject")): \(change.text("message"))"
            output.line(output.paint(line, change.text("severity") == "breaking" ? .red : .green))
        }
        let services = answer["services"]?.elements.compactMap(\.text) ?? []
        output.line("\(invocation.has(isDry) ? "would deploy" : "deployed") \(services.joined(separator: " "))")
        for view in answer["views"]?.elements ?? [] { output.line("view  select * from \(view.text ?? "")") }
        output.line("digest \(answer.text("digest"))")
    }

    private static func deploy(_ invocation: Invocation, _ client: RouterClient) async throws -> JSONNode {
        let name = try invocation.argument(0) ?? BuiltPackage.only(in: invocation.directory)
        let path = name.hasPrefix("/") ? name : invocation.directory + "/" + name
        var query = [("pool", try invocation.value(pool))]
        if invocation.has(isDry) { query.append(("dry-run", "true")) }
        if invocation.has(allowBreaking) { query.append(("allow-breaking", "true")) }
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
