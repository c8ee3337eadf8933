/// `wasmesh migrate`
enum MigrateCommand: Command {
    private static let isDry = Option<Bool>.flag("dry-run", "Says what would be done, and does nothing.")

    static let description = CommandDescription(
        "migrate", "brings the database's schema `mesh` to this version",
        discussion:
            "Runs under a lock, all in one transaction; several may start at once. Old processes go on.",
        options: [Settings.postgres.description, isDry.description])

    static func run(_ invocation: Invocation) async throws {
        let applied = try await MeshParts.migrate(
            invocation.value(Settings.postgres), dryRun: invocation.has(isDry))
        if invocation.output.isJSON {
            return invocation.output.line("{\"applied\":[\(applied.map { "\"\($0)\"" }.joined(separator: ","))]}")
        }
        for name in applied { invocation.output.line("\(invocation.has(isDry) ? "would apply" : "applied") \(name)") }
        if applied.isEmpty { invocation.output.line("nothing to do: the database is up to date") }
        // Whoever may not make roles migrates all the same, and would learn of it from an application that is refused.
        let missing = try await MeshParts.missingRoles(invocation.value(Settings.postgres))
        if !missing.isEmpty {
            invocation.output.note("roles not there: \(missing.joined(separator: ", ")); \(MeshRoles.remedy)")
        }
    }
}
