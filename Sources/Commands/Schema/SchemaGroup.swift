/// `wasmesh schema`
enum SchemaGroup: CommandGroup {
    static let description = CommandDescription(
        "schema", "checks, compares and renders schema documents",
        subcommands: [SchemaCheck.self, SchemaDiff.self, SchemaRender.self])
}
