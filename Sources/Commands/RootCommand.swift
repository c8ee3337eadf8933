/// `wasmesh`: the root of all commands.
package enum RootCommand: CommandGroup {
    package static let description = CommandDescription(
        "wasmesh", "typed services on Kafka and Postgres, each message in a WebAssembly sandbox",
        discussion: """
            Start with `wasmesh init shop && cd shop && wasmesh dev`.
            `wasmesh help COMMAND` is `wasmesh COMMAND --help`.
            Settings: flags, then the environment (WASMESH_…), then wasmesh.json; docs/configuration.md lists them.
            """,
        subcommands: [
            InitCommand.self, BuildCommand.self, TestCommand.self, SchemaGroup.self, DevCommand.self,
            DeployCommand.self, UndeployCommand.self,
            CallCommand.self, SendCommand.self, EmitCommand.self, DelayedGroup.self, ServicesCommand.self,
            RoutesCommand.self,
            WorkersCommand.self, LagCommand.self,
            StateCommand.self, WorkflowsGroup.self, SchedulesGroup.self, DeadLettersGroup.self,
            GrantsGroup.self, LimitsGroup.self, LogsCommand.self,
            RouterCommand.self, WorkerCommand.self,
            RelayCommand.self, EgressCommand.self, MigrateCommand.self, DoctorCommand.self, VersionCommand.self,
            CompletionCommand.self,
        ])
}
