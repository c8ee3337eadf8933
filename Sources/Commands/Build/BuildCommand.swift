import MeshCore

/// `wasmesh build`
enum BuildCommand: Command {
    static let description = CommandDescription(
        "build", "builds this project into one .wasm file",
        discussion: """
            Generates Swift from the schema, compiles it for WebAssembly with the stock toolchain, checks the module, and puts
            the schema into it. The file is the package; its SHA-256 is its name.
            """,
        arguments: [Argument("DIRECTORY", .optional, "The project's directory. Default: this one.")])

    static func run(_ invocation: Invocation) async throws {
        let name = invocation.argument(0) ?? "."
        let directory =
            name.hasPrefix("/") ? name : name == "." ? invocation.directory : invocation.directory + "/" + name
        let built = try await ProjectBuild.build(directory, configuration: invocation.configuration)
        if invocation.output.isJSON {
            return invocation.output.line(
                "{\"file\":\(JSONText.string(built.path)),\"bytes\":\(built.bytes),\"digest\":\"\(built.digest)\"}")
        }
        invocation.output.line("\(built.path)  \(built.bytes / 1024) KiB  sha256 \(built.digest)")
    }
}
