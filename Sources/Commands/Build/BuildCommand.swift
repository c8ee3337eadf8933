import Foundation
import Guests
import MeshCore

/// `wasmesh build`
enum BuildCommand: Command {
    private static let wasm = Option<String>(
        "wasm", "FILE", "Only adds the schema to a module that another tool chain made.")
    private static let out = Option<String>("out", short: "o", "FILE", "With --wasm: where the package goes.")

    static let description = CommandDescription(
        "build", "builds this project into one .wasm file",
        discussion: """
            Generates Swift from the schema, compiles it for WebAssembly with the stock toolchain, checks the module, and puts
            the schema into it. The file is the package; its SHA-256 is its name. Compiler errors are those of your lines.
            """,
        arguments: [
            Argument(
                "DIRECTORY", .optional, "The project's directory. Default: this one. With --wasm: a schema document.")
        ],
        options: [wasm.description, out.description],
        examples: [
            ("wasmesh build", "writes .wasmesh/build/<name>.wasm"),
            ("wasmesh build --wasm guest.wasm shop.mesh.graphql -o shop.wasm", ""),
        ])

    static func run(_ invocation: Invocation) async throws {
        if let module = invocation.optional(wasm) { return try pack(module, invocation) }
        let name = invocation.argument(0) ?? "."
        let output = invocation.output
        let built = try await ProjectBuild.build(absolute(name, invocation.directory)) { step in
            if output.isTerminal { output.note(output.paint("\(step.rawValue) …", .dim)) }
        }
        for warning in built.warnings { output.errorLine(warning) }
        report(file: shortened(built.path, invocation.directory), bytes: built.size, digest: built.digest, output)
    }

    private static func pack(_ module: String, _ invocation: Invocation) throws {
        let directory = invocation.directory
        let sources = try SchemaFiles.read(invocation.argument(0).map { [$0] } ?? [], directory: directory)
        guard let bytes = FileManager.default.contents(atPath: absolute(module, directory)) else {
            throw CommandFailure.usage("cannot read \(module)", hint: "--wasm names a WebAssembly module")
        }
        let package = try GuestBuilder.pack(module: Array(bytes), schemas: sources)
        let target =
            invocation.optional(out) ?? "\(BuiltPackage.directory)/\(URL(fileURLWithPath: module).lastPathComponent)"
        let path = absolute(target, directory)
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
        guard FileManager.default.createFile(atPath: path, contents: Data(package)) else {
            throw CommandFailure(.failure, "cannot write \(target)")
        }
        report(file: target, bytes: package.count, digest: SHA256.hex(package), invocation.output)
    }

    private static func report(file: String, bytes: Int, digest: String, _ output: Output) {
        if output.isJSON {
            return output.line("{\"file\":\(JSONText.string(file)),\"bytes\":\(bytes),\"digest\":\"\(digest)\"}")
        }
        output.line("\(file)  \((bytes + 1023) / 1024) KiB  sha256 \(digest)")
    }

    private static func absolute(_ path: String, _ directory: String) -> String {
        path.hasPrefix("/") ? path : path == "." ? directory : directory + "/" + path
    }

    private static func shortened(_ path: String, _ directory: String) -> String {
        path.hasPrefix(directory + "/") ? String(path.dropFirst(directory.count + 1)) : path
    }
}
