/// `wasmesh workflows`
enum WorkflowsGroup: CommandGroup {
    static let description = CommandDescription(
        "workflows", "durable workflows: what they wait for, what they did; signal, cancel, repair, replay them",
        discussion: """
            A workflow is named by its service and its id, the key of the call that started it. An order (cancel, retry, …) is
            durable before the command ends; it is carried out by the worker that owns the workflow.
            """,
        subcommands: [
            WorkflowsList.self, WorkflowsShow.self, WorkflowsStart.self, WorkflowsSignal.self, WorkflowsQuery.self,
            WorkflowsCancel.self, WorkflowsTerminate.self, WorkflowsRetry.self, WorkflowsReset.self,
            WorkflowsRestart.self, WorkflowsUpgrade.self, WorkflowsReplay.self,
        ])

    static let connection = [Settings.url.description, Settings.token.description]
    static let service = Argument("SERVICE", "namespace.Service.")
    static let id = Argument("ID", "The workflow's id.")
    static let ids = Argument("ID", .many, "Workflows' ids.")
    static let type = Option<String>("type", "METHOD", "Only those that run this @workflow method.")
    static let reason = Option<String>(
        "reason", "TEXT", "Why; it is kept, and a cancelled workflow's code can read it.")

    /// The path of a workflow under `/api/v1/`.
    static func path(_ service: String, _ id: String) -> String {
        "workflows/\(RouterClient.escape(service))/\(RouterClient.escape(id))"
    }

    /// `namespace.Service`, checked for its form.
    static func service(_ invocation: Invocation) throws(CommandFailure) -> String {
        let name = invocation.arguments[0]
        guard name.contains("."), !name.contains("/"), !name.hasSuffix("."), !name.hasPrefix(".") else {
            throw .usage(
                "'\(name)' is not a service",
                hint: "write namespace.Service, such as shop.Orders; `wasmesh services` lists them")
        }
        return name
    }
}
