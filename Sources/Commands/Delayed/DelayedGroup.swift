/// `wasmesh delayed`
enum DelayedGroup: CommandGroup {
    static let description = CommandDescription(
        "delayed", "calls that are sent later",
        discussion: """
            Handlers, workflows, SQL (mesh.send with a time) and `wasmesh send --delay` put them off; until they are due they wait
            in Postgres, in mesh.delayed_send.
            """,
        subcommands: [DelayedList.self, DelayedCancel.self])

    static let connection = [Settings.url.description, Settings.token.description]
}
