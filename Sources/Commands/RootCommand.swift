/// `wasmesh`: the root of all commands.
package enum RootCommand: CommandGroup {
    package static let description = CommandDescription(
        "wasmesh", "typed services on Kafka and Postgres, each message in a WebAssembly sandbox",
        discussion: """
            Start with `wasmesh init shop && cd shop && wasmesh dev`.
            Settings: flags, then the environment (WASMESH_…), then wasmesh.json; docs/configuration.md lists them.
            """,
        subcommands: [VersionCommand.self, CompletionCommand.self])
}
