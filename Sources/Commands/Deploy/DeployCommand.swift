import Foundation
import MeshCore

/// `wasmesh deploy FILE`
enum DeployCommand: Command {
    private static let allowBreaking = Option<Bool>.flag(
        "allow-breaking", "Deploys even if the schema breaks callers or stored state; the breaks are printed.")

    private static let force = Option<Bool>.flag(
        "force", "Deploys whatever it breaks: open workflows, stored state and waiting messages too.")
    private static let sample = Option<Int>(
        "sample", "N", "Checks at most so many workflows and states of each service.", defaultText: "all, for 30s",
        limit: { $0 > 0 ? nil : "a sample has at least one" })
    private static let isDry = Option<Bool>.flag(
        "dry-run", "Only checks: says what would change, and what would break.")
    private static let pool = Option<String>(
        "pool", "NAME", "The pool of workers that runs its services.",
        defaultText: "the one that runs them already, else default", limit: Settings.poolProblem)

    static let description = CommandDescription(
        "deploy", "deploys a .wasm file, or rolls back to a digest that was deployed before",
        discussion: """
            The router checks the module and its schema, stores it by its SHA-256, and running workers take it within a second.
            Messages that run finish on the old version. Deploying an old digest is the rollback; it takes from callers what came
            after it, and is refused (4) for that as any other deploy is: look with --dry-run, then add --allow-breaking.

            Before that it tries the new version on what is there: it replays open workflows, and reads stored state and waiting
            messages with the new schema. What would break is listed and refused (4), unless --force. Open workflows stay on the
            version they started with, `wasmesh workflows upgrade` moves them.
            """,
        arguments: [
            Argument(
                "FILE", .optional,
                "The .wasm file, or the digest of an earlier deployment. Default: what `wasmesh build` made.")
        ],
        options: [
            pool.description, isDry.description, sample.description, allowBreaking.description, force.description,
            Settings.url.description,
            Settings.token.description,
        ],
        examples: [
            ("wasmesh deploy .wasmesh/build/shop.wasm", "deploys a file"),
            ("wasmesh deploy 4be1d0a7 --allow-breaking", "rolls back"),
        ])

    static func run(_ invocation: Invocation) async throws {
        let client = try RouterClient(invocation)
        let output = invocation.output
        let answer: JSONNode
        do throws(CommandFailure) {
            answer = try await deploy(invocation, client)
        } catch {
            // Refused: all that was found, before the error, which has the first.
            if !output.isJSON, let details = error.details.flatMap({ try? JSONReader.read($0) }) {
                let reasons =
                    (details["breaking"] ?? details["diagnostics"])?.elements.compactMap(\.text).map(LogText.line) ?? []
                for line in (reasons.count > 1 ? reasons : []) + GateText.lines(details) {
                    output.errorLine(output.paint(line, .red))
                }
            }
            throw isRollback(invocation) ? hinted(error) : error
        }
        // Of a dry run: what deploying would be answered with.
        let refusal = answer["refusal"].flatMap { $0.value == .null ? nil : $0 }
        if output.isJSON {
            output.line(answer.rendered())
            if refusal != nil { throw CommandFailure.silent(.refused) }
            return
        }
        for change in answer["changes"]?.elements ?? [] {
            let line =
                "\(change.shown("severity")) for \(change.shown("audience")): \(change.shown("subject")): \(change.shown("message"))"
            output.line(output.paint(line, change.text("severity") == "breaking" ? .red : .green))
        }
        for line in GateText.lines(answer["gate"]) { output.line(output.paint(line, .red)) }
        for line in GateText.summaries(answer["gate"]) { output.line(line) }
        let services = answer["services"]?.elements.compactMap(\.text) ?? []
        if let refusal {
            let failure = CommandFailure(
                .refused, "it would be refused: \(refusal.text("message"))", code: refusal.text("code"),
                details: refusal["details"].flatMap { $0.value == .null ? nil : $0.rendered() })
            throw isRollback(invocation) ? hinted(failure) : failure
        }
        output.line("\(invocation.has(isDry) ? "would deploy" : "deployed") \(services.joined(separator: " "))")
        for view in answer["views"]?.elements ?? [] { output.line("view  select * from \(view.text ?? "")") }
        if let pool = answer["pool"]?.text, pool != Settings.pool.defaultValue { output.line("pool   \(pool)") }
        output.line("digest \(answer.text("digest"))")
    }

    /// True where a digest is named, and no file of that name is there.
    private static func isRollback(_ invocation: Invocation) -> Bool {
        guard let name = invocation.argument(0) else { return false }
        return isDigest(name) && !FileManager.default.fileExists(atPath: path(name, invocation))
    }

    private static func isDigest(_ name: String) -> Bool {
        !name.isEmpty && name.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    /// The refusal of a rollback that takes something from callers, which nearly every one does.
    private static func hinted(_ failure: CommandFailure) -> CommandFailure {
        let details = failure.details.flatMap { try? JSONReader.read($0) }
        guard failure.exit == .refused, details?["breaking"] != nil, failure.hint == nil else { return failure }
        var failure = failure
        failure.hint =
            "this is a rollback, which takes away what came after that version: make sure first that nobody needs it any more"
        return failure
    }

    private static func path(_ name: String, _ invocation: Invocation) -> String {
        name.hasPrefix("/") ? name : invocation.directory + "/" + name
    }

    private static func deploy(_ invocation: Invocation, _ client: RouterClient) async throws(CommandFailure)
        -> JSONNode
    {
        let name: String
        if let given = invocation.argument(0) {
            name = given
        } else {
            name = try BuiltPackage.only(in: invocation.directory)
            if let warning = BuiltPackage.warning(
                about: name, in: invocation.directory, settings: invocation.namedConfiguration)
            {
                invocation.output.errorLine(invocation.output.paint(warning, .yellow))
            }
        }
        let path = path(name, invocation)
        var query: [(String, String)] = []
        if let pool = invocation.optional(pool) { query.append(("pool", pool)) }
        if invocation.has(isDry) { query.append(("dry-run", "true")) }
        if invocation.has(allowBreaking) { query.append(("allow-breaking", "true")) }
        if invocation.has(force) { query.append(("force", "true")) }
        if let sample = invocation.optional(sample) { query.append(("sample", String(sample))) }
        if let data = FileManager.default.contents(atPath: path) {
            return try await client.control(
                "POST", "deployments", query: query, contentType: "application/wasm", body: Array(data),
                timeout: .seconds(120))
        }
        guard isDigest(name) else {
            throw CommandFailure.usage("cannot read \(name)", hint: "give the .wasm file that `wasmesh build` made")
        }
        guard (8...64).contains(name.count) else {
            throw CommandFailure.usage(
                "there is no file \(name), and as a digest it is too \(name.count < 8 ? "short" : "long")",
                hint: "a digest needs at least 8 of its 64 hexadecimal digits")
        }
        return try await client.control("POST", "deployments/\(name)", query: query, timeout: .seconds(120))
    }
}
