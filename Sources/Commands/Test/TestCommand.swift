import Foundation
import Guests
import MeshCore
import Wasm
import WasmWorker

/// `wasmesh test`
enum TestCommand: Command {
    private static let filter = Option<String>(
        "filter", "PATTERN", "Only tests whose names match, as with `swift test`.")
    private static let isNative = Option<Bool>.flag("native", "Only in the native build.")
    private static let isSandbox = Option<Bool>.flag("sandbox", "Only in the sandbox.")

    static let description = CommandDescription(
        "test", "runs this project's tests in the native build, then with the package in the real sandbox",
        discussion: """
            Builds the package first. What the tests run by `WorkflowTest` (workflows, and handlers that it calls) runs the
            second time in WebAssembly, with the limits and the checks of a worker; time still skips, scripts still answer.
            """,
        arguments: [Argument("DIRECTORY", .optional, "The project's directory. Default: this one.")],
        options: [filter.description, isNative.description, isSandbox.description],
        examples: [
            ("wasmesh test", ""),
            ("wasmesh test --sandbox --filter Orders", "what a name matches, in the sandbox alone"),
        ])

    static func run(_ invocation: Invocation) async throws {
        try await Interruptible.run(invocation) { try await test(invocation) }
    }

    private static func test(_ invocation: Invocation) async throws {
        let (onlyNative, onlySandbox) = (invocation.has(isNative), invocation.has(isSandbox))
        if onlyNative, onlySandbox { throw CommandFailure.usage("--native and --sandbox exclude each other") }
        let name = invocation.argument(0) ?? "."
        let directory =
            name.hasPrefix("/") ? name : name == "." ? invocation.directory : invocation.directory + "/" + name
        let output = invocation.output
        let project = try GuestProject.load(directory, settings: invocation.namedConfiguration)
        guard project.language == .swift else {
            throw CommandFailure.usage(
                "\(project.name) isn't written in Swift; its tests are those of its own tool chain")
        }
        let built = try await ProjectBuild.build(directory, settings: invocation.namedConfiguration) { step in
            if output.isTerminal { output.note(output.paint("\(step.rawValue) …", .dim)) }
        }
        for warning in built.warnings { output.errorLine(warning) }
        let tests = SwiftTests(
            directory: directory, isQuiet: output.isJSON, filter: invocation.optional(filter))
        var result = Result(digest: built.digest)
        if !onlySandbox {
            output.note(output.paint("In the native build", .bold))
            result.native = try await tests.run()
        }
        if !onlyNative, result.native != false {
            output.note(
                output.paint("In the sandbox", .bold)
                    + "  \(built.name).wasm, \((built.size + 1023) / 1024) KiB, sha256 \(built.digest.prefix(12))")
            let sandbox = try await sandbox(of: built, project)
            let socket = try SandboxSocket(sandbox)
            defer { socket.close() }
            result.sandbox = try await tests.run(sandbox: socket.path)
            result.executions = sandbox.executions
            report(sandbox.executions, output)
        }
        if output.isJSON { output.line(result.json) }
        if !result.isPassed { throw CommandFailure.silent(.failure) }
    }

    /// How the tests went; nil for a build in which they weren't run.
    private struct Result {
        let digest: String
        var native: Bool?
        var sandbox: Bool?
        var executions = 0

        var isPassed: Bool { native != false && sandbox != false }

        var json: String {
            func text(_ isPassed: Bool?) -> String { isPassed.map { $0 ? "\"passed\"" : "\"failed\"" } ?? "null" }
            return
                "{\"digest\":\"\(digest)\",\"native\":\(text(native)),\"sandbox\":\(text(sandbox)),\"executions\":\(executions)}"
        }
    }

    private static func sandbox(of built: GuestBuild, _ project: GuestProject) async throws -> TestSandbox {
        guard let bytes = FileManager.default.contents(atPath: built.path) else {
            throw CommandFailure(.failure, "cannot read \(built.path), which was built just now")
        }
        let imports = try project.importedSchemas()
        let schema = built.schema
        return try await withCheckedThrowingContinuation { continuation in
            // Compiling blocks for a tenth of a second.
            DedicatedThread.start("compiler") {
                continuation.resume(
                    with: Swift.Result {
                        // As many tests run side by side as the machine has processors, each with a step inside a workflow.
                        let engine = try WasmEngine(WasmEngine.Configuration(maximumInstances: 256))
                        let module = try WasmModule(Array(bytes), engine: engine)
                        return TestSandbox(module, schema, imports: imports)
                    })
            }
        }
    }

    private static func report(_ executions: Int, _ output: Output) {
        if executions == 0 {
            output.errorLine(
                "warning: nothing ran in the sandbox: no test uses WorkflowTest, or none that was chosen does")
        } else {
            output.note("\(executions) execution\(executions == 1 ? "" : "s") in the sandbox")
        }
    }
}
