import Foundation
import Guests
import MeshCore

/// `wasmesh build`
enum BuildCommand: Command {
    private static let wasm = Option<String>(
        "wasm", "FILE", "Only adds the schema to a module that another tool chain made.")
    private static let out = Option<String>(
        "out", short: "o", "FILE", "Where the package goes; without --wasm, a copy of it.")

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
            ("wasmesh build -o dist/shop.wasm", "and a copy of it there"),
            ("wasmesh build --wasm guest.wasm shop.mesh.graphql -o shop.wasm", ""),
        ])

    static func run(_ invocation: Invocation) async throws {
        if let module = invocation.optional(wasm) { return try pack(module, invocation) }
        try await Interruptible.run(invocation) { try await build(invocation) }
    }

    private static func build(_ invocation: Invocation) async throws {
        let name = invocation.argument(0) ?? "."
        let output = invocation.output
        let built = try await ProjectBuild.build(
            absolute(name, invocation.directory), settings: invocation.namedConfiguration
        ) { step in
            if output.isTerminal { output.note(output.paint("\(step.rawValue) …", .dim)) }
        }
        for warning in built.warnings { output.errorLine(warning) }
        let target = invocation.optional(out)
        if let target {
            guard let package = FileManager.default.contents(atPath: built.path) else {
                throw CommandFailure(.failure, "cannot read \(built.path), which was built just now")
            }
            try write(package, to: target, invocation)
        }
        report(
            file: shortened(built.path, invocation.directory), bytes: built.size, digest: built.digest, copy: target,
            output)
    }

    private static func pack(_ module: String, _ invocation: Invocation) throws {
        let directory = invocation.directory
        let sources = try SchemaFiles.read(
            invocation.argument(0).map { [$0] } ?? [], directory: directory, settings: invocation.namedConfiguration)
        guard let bytes = FileManager.default.contents(atPath: absolute(module, directory)) else {
            throw CommandFailure.usage("cannot read \(module)", hint: "--wasm names a WebAssembly module")
        }
        let package = try GuestBuilder.pack(module: Array(bytes), schemas: sources)
        let target =
            invocation.optional(out) ?? "\(BuiltPackage.directory)/\(URL(fileURLWithPath: module).lastPathComponent)"
        try write(Data(package), to: target, invocation)
        report(file: target, bytes: package.count, digest: SHA256.hex(package), invocation.output)
    }

    private static func write(_ package: Data, to target: String, _ invocation: Invocation) throws {
        let path = absolute(target, invocation.directory)
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        do {
            try package.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(
                .failure, "cannot write \(target): \(error.localizedDescription)", hint: "--out names a file")
        }
    }

    private static func report(file: String, bytes: Int, digest: String, copy: String? = nil, _ output: Output) {
        if output.isJSON {
            let copy = copy.map { ",\"copy\":\(JSONText.string($0))" } ?? ""
            return output.line(
                "{\"file\":\(JSONText.string(file)),\"bytes\":\(bytes),\"digest\":\"\(digest)\"\(copy)}")
        }
        output.line("\(file)  \((bytes + 1023) / 1024) KiB  sha256 \(digest)")
        if let copy { output.line("copied to \(copy)") }
    }

    private static func absolute(_ path: String, _ directory: String) -> String {
        path.hasPrefix("/") ? path : path == "." ? directory : directory + "/" + path
    }

    private static func shortened(_ path: String, _ directory: String) -> String {
        path.hasPrefix(directory + "/") ? String(path.dropFirst(directory.count + 1)) : path
    }
}
