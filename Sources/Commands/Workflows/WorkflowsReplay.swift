import Foundation
import MeshCore

/// `wasmesh workflows replay SERVICE ID`
enum WorkflowsReplay: Command {
    private static let package = Option<String>("package", "FILE", "A local .wasm file to replay against.")
    private static let digest = Option<String>(
        "digest", "DIGEST", "A package that was deployed; its beginning is enough.",
        defaultText: "the one that the workflow runs on")
    private static let run = Option<Int>(
        "run", "N", "An earlier run.", defaultText: "the current one", limit: { $0 > 0 ? nil : "runs count from 1" })
    private static let from = Option<Int>(
        "from", "STEP", "Shows the steps from there.", default: 1, limit: { $0 > 0 ? nil : "steps count from 1" })
    private static let step = Option<Bool>.flag(
        "step", "Goes from step to step: Enter for the next one, a number to go there, q to end.")

    static let description = CommandDescription(
        "replay", "runs a workflow's journal against a package and shows each step; changes nothing",
        discussion: """
            Each step is what the code asked for (a call with its arguments, a timer, a signal) or was told, with the state of its
            key there. It stops where the code does something else than the journal has, and ends with 1.
            """,
        arguments: [WorkflowsGroup.service, WorkflowsGroup.id],
        options: [package.description, digest.description, run.description, from.description, step.description]
            + WorkflowsGroup.connection,
        examples: [
            ("wasmesh workflows replay shop.Orders o-17 --package .wasmesh/build/shop.wasm", "before you deploy it"),
            ("wasmesh workflows replay shop.Orders o-17 --step", "as a debugger"),
        ])

    static func run(_ invocation: Invocation) async throws {
        let request = try Request(invocation)
        let output = invocation.output
        if output.isJSON {
            let answer = try await request.page(from: try invocation.value(from))
            output.line(answer.rendered())
            return try end(answer)
        }
        if invocation.has(step) {
            guard output.isTerminal, isatty(0) == 1 else {
                throw CommandFailure.usage("--step wants a terminal", hint: "without it, all steps are printed")
            }
            return try end(try await ReplayDebugger(request: request, output: output).run(from: invocation.value(from)))
        }
        var next: Int? = try invocation.value(from)
        var last: JSONNode?
        var text = ReplayText(output: output)
        while let from = next {
            let page = try await request.page(from: from)
            if last == nil { output.line(text.head(page)) }
            for step in page["steps"]?.elements ?? [] { for line in text.lines(step) { output.line(line) } }
            next = page["next"]?.text.flatMap { Int($0) }
            last = page
        }
        guard let last else { return }
        for line in text.end(last) { output.line(line) }
        try end(last)
    }

    private static func end(_ answer: JSONNode?) throws {
        if let answer, answer.text("agrees") == "false" { throw CommandFailure.silent(.failure) }
    }

    /// Asks the router for a page of steps.
    struct Request: Sendable {
        let client: RouterClient
        let path: String
        let query: [(String, String)]
        let body: [UInt8]

        init(_ invocation: Invocation) throws(CommandFailure) {
            client = try RouterClient(invocation)
            path = WorkflowsGroup.path(try WorkflowsGroup.service(invocation), invocation.arguments[1]) + "/replay"
            var query: [(String, String)] = []
            if let run = invocation.optional(WorkflowsReplay.run) { query.append(("run", String(run))) }
            if let digest = invocation.optional(WorkflowsReplay.digest) { query.append(("digest", digest)) }
            self.query = query
            guard let name = invocation.optional(WorkflowsReplay.package) else {
                body = []
                return
            }
            guard invocation.optional(WorkflowsReplay.digest) == nil else {
                throw .usage("--package and --digest exclude each other")
            }
            let file = name.hasPrefix("/") ? name : invocation.directory + "/" + name
            guard let data = FileManager.default.contents(atPath: file) else {
                throw .usage("cannot read \(name)", hint: "give the .wasm file that `wasmesh build` made")
            }
            body = Array(data)
        }

        func page(from step: Int, limit: Int = 1000) async throws(CommandFailure) -> JSONNode {
            try await client.control(
                "POST", path, query: query + [("from", String(step)), ("limit", String(limit))],
                contentType: "application/wasm", body: body, timeout: .seconds(120))
        }
    }
}
